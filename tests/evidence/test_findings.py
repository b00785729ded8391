"""The statistics under the findings, against published values."""

import numpy as np
import pytest

from opex.evidence.findings import benjamini_hochberg, poisson_interval

# Exact 95 % limits of a Poisson mean, as printed in Garwood (1936) and in Ulm (1990), American Journal of
# Epidemiology 131: 373-375.
GARWOOD = {0: (0.0, 3.689), 1: (0.0253, 5.572), 2: (0.2422, 7.225), 5: (1.623, 11.668), 10: (4.795, 18.390),
           20: (12.217, 30.888), 50: (37.111, 65.919), 100: (81.364, 121.627)}  # fmt: skip

# The fifteen p-values of Benjamini and Hochberg (1995), section 3: at q = 0.05 the first four are rejected.
BH_1995 = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
           0.7590, 1.0]  # fmt: skip


@pytest.mark.parametrize("count", GARWOOD)
def test_the_interval_of_a_count_is_garwoods(count: int) -> None:
    assert poisson_interval(count) == pytest.approx(GARWOOD[count], abs=6e-4)


def test_a_higher_level_gives_a_wider_interval() -> None:
    assert poisson_interval(0, 0.99)[1] == pytest.approx(5.298, abs=1e-3)
    narrow, wide = poisson_interval(10, 0.9), poisson_interval(10, 0.99)
    assert wide[0] < narrow[0] < 10 < narrow[1] < wide[1]


def test_q_values_reject_what_benjamini_and_hochberg_reject() -> None:
    q = benjamini_hochberg(np.array(BH_1995))
    assert (q <= 0.05).sum() == 4
    assert q[:4].round(6).tolist() == [0.0015, 0.003, 0.0095, 0.035625]


def test_q_values_keep_the_order_in_which_the_p_values_came() -> None:
    shuffled = np.random.default_rng(1).permutation(len(BH_1995))
    q = benjamini_hochberg(np.array(BH_1995))
    assert benjamini_hochberg(np.array(BH_1995)[shuffled]).tolist() == pytest.approx(q[shuffled].tolist())


def test_one_p_value_is_its_own_q_value_and_none_is_none() -> None:
    assert benjamini_hochberg(np.array([0.03])).tolist() == [0.03]
    assert benjamini_hochberg(np.array([])).size == 0
    assert benjamini_hochberg(np.ones(3)).tolist() == [1.0, 1.0, 1.0]
