"""What a group talks about first: where people are on both sides of the cut line, the most evenly divided first."""

from opex.review.agenda import Stake, Talk, agenda

PEOPLE = {"Ana": "product", "Ben": "product", "Cy": "engineering", "Dee": "engineering", "Eli": "operations"}


def stake(item: str, place: int, *places: int, fixed: str = "") -> Stake:
    return Stake(item=item, place=place, places=dict(zip(PEOPLE, places, strict=False)), functions=PEOPLE, fixed=fixed)


def test_the_most_evenly_divided_come_first_then_the_closest_to_the_line() -> None:
    found = agenda(
        [
            stake("all above", 1, 1, 1, 2, 2, 3),
            stake("one below", 2, 2, 2, 2, 2, 9),
            stake("far", 20, 2, 2, 30, 30, 30),
            stake("near", 6, 2, 2, 7, 7, 7),
            stake("all below", 8, 8, 9, 9, 9, 9),
        ],
        cut=5,
    )
    assert [(talk.item, talk.matters) for talk in found] == [
        ("near", True), ("far", True), ("one below", True), ("all above", False), ("all below", False),
    ]  # fmt: skip


def test_a_function_is_told_by_its_middle_place_and_how_many_have_it_above() -> None:
    (talk,) = agenda([stake("a", 4, 1, 3, 8, 9, 6)], cut=5)
    assert talk.by_function == {"engineering": (8, 0, 2), "operations": (6, 0, 1), "product": (1, 2, 2)}
    assert (talk.above, talk.answered, talk.low, talk.high) == (2, 5, 1, 9)
    assert talk.sentence == "2 of 5 would have it above the cut line, the others below: place 1 to 9."


def test_the_fewer_are_asked_first_the_furthest_of_them_before_the_others() -> None:
    (talk,) = agenda([stake("a", 4, 1, 3, 4, 9, 30)], cut=5)
    assert talk.apart == ("Eli", "Dee")


def test_where_as_many_are_on_either_side_those_across_from_the_median_are_asked() -> None:
    (above,) = agenda([stake("a", 4, 1, 9)], cut=5)
    (below,) = agenda([stake("a", 6, 1, 9)], cut=5)
    assert (above.apart, below.apart) == (("Ben",), ("Ana",))


def test_nobodys_answer_and_one_persons_answer_need_no_talk() -> None:
    nobody, one = agenda([stake("a", 1), stake("b", 2, 7)], cut=1)
    assert (nobody.matters, one.matters) == (False, False)
    assert nobody.sentence == "Nobody could say anything of it."
    assert one.sentence == "The one who answered would have it below the cut line, at place 7."


def test_what_is_fixed_by_hand_is_off_the_agenda() -> None:
    (talk,) = agenda([stake("a", 1, 1, 9, fixed="It was moved by hand.")], cut=5)
    assert (talk.matters, talk.apart, talk.sentence) == (False, (), "It was moved by hand.")


def test_no_item_is_no_agenda() -> None:
    assert agenda([], cut=3) == []


def test_an_agenda_is_the_same_whatever_the_order_of_the_items() -> None:
    stakes = [stake(str(n), n, n, 11 - n, 5, 6, 7) for n in range(1, 11)]
    forth, back = agenda(stakes, cut=5), agenda(stakes[::-1], cut=5)
    assert {_shape(talk) for talk in forth} == {_shape(talk) for talk in back}
    assert [talk.matters for talk in forth] == [talk.matters for talk in back]


def _shape(talk: Talk) -> tuple[str, bool, int, tuple[str, ...]]:
    return talk.item, talk.matters, talk.above, talk.apart
