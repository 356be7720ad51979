"""`FunctionResult`: every method and every class of arguments, against the vendor's SDK."""

import json

import pytest

from agentkit import FunctionResult
from tests.differential import differences, result_cases, vendor

OURS = json.loads(vendor.masked(json.dumps(result_cases.answers(FunctionResult))))
THEIRS = vendor.recorded()["results"]


def test_both_sides_answer_the_same_cases() -> None:
    assert OURS.keys() == THEIRS.keys()
    assert len(OURS) > 240


@pytest.mark.parametrize("name", sorted(OURS.keys() - differences.RESULTS.keys()))
def test_the_answer_is_the_vendors(name: str) -> None:
    assert OURS[name] == THEIRS[name]


@pytest.mark.parametrize("name", sorted(differences.RESULTS))
def test_a_listed_difference_is_one_of_wrong_arguments(name: str) -> None:
    assert name.startswith("wrong ")
    assert OURS[name] != THEIRS[name]


def test_every_method_of_the_vendor_is_tried() -> None:
    methods = {name for name in dir(FunctionResult) if not name.startswith("_")}
    ours_alone = {"transfer", "user_event", "back_to_back_functions"}
    tried = {*result_cases.ARGUMENTS, *(method for method, *_ in result_cases.STATIC.values())}
    assert methods - tried - ours_alone == {"action", "post_process", "response", "to_dict"}
