"""``opex people``: roles from the terminal of the server."""

from tests.test_cli import Run, document, opex

__all__ = ["opex"]


def test_roles_are_given_and_listed(opex: Run) -> None:
    assert opex("people") == (0, "Nobody has a name here yet: opex people give NAME ROLE --login LOGIN.\n", "")
    assert opex("people", "give", "Ana", "administrator", "--login", "ANA@Shop.example") == (
        0, "Ana is administrator and speaks for product (ana@shop.example, has not signed in yet).\n", "",
    )  # fmt: skip
    assert opex("people", "give", "Bo", "reviewer", "--function", "security")[0] == 0
    assert opex("people", "give", "Bo", "none") == (0, "Bo is without a role and speaks for security.\n", "")
    assert opex("people") == (
        0,
        "administrator  product      Ana (ana@shop.example, has not signed in yet)\nno role        security     Bo\n",
        "",
    )
    ana = {"name": "Ana", "role": "administrator", "function": "product", "login": "ana@shop.example"}
    bo = {"name": "Bo", "role": "", "function": "security", "login": ""}
    assert document(opex, "people") == {"people": [one | {"signed_in": False} for one in (ana, bo)], "groups": []}


def test_what_is_no_role_and_the_last_administrator_are_refused(opex: Run) -> None:
    opex("people", "give", "Ana", "administrator")
    for role, sentence in (
        ("king", 'A role is one of viewer, reviewer, facilitator, administrator; this is "king".\n'),
        ("viewer", "This is the last administrator: give another person that role first.\n"),
        ("none", "This is the last administrator: give another person that role first.\n"),
    ):
        assert opex("people", "give", "Ana", role) == (1, "", sentence)
