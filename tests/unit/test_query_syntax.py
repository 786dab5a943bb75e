"""How a clause of a query is read, and which texts mean the same."""

import pytest

from hub.query.canonical import all_of, render
from hub.query.syntax import Comparison, Operator, comparison_of, split_clause


def compared(name: str, operator: Operator, *values: str) -> Comparison:
    return Comparison(path=tuple(name.split(".")), operator=operator, values=values)


def read(text: str) -> Comparison:
    return comparison_of(*split_clause(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status=held", compared("status", Operator.EQ, "held")),
        ("status==held", compared("status", Operator.EQ, "held")),
        ("status.eq=held", compared("status", Operator.EQ, "held")),
        ("status.in=held,pending", compared("status", Operator.EQ, "held", "pending")),
        (" status = held , pending ", compared("status", Operator.EQ, "held", "pending")),
        ("status=held,", compared("status", Operator.EQ, "held")),
        ("status=", compared("status", Operator.EQ, "")),
        ("name.exact=a, b", compared("name", Operator.EQ, "a, b")),
        ("name.exact==b", compared("name", Operator.EQ, "=b")),
        ("name=a=b>c", compared("name", Operator.EQ, "a=b>c")),
        ("status.ne=held,pending", compared("status", Operator.NE, "held", "pending")),
        ("status!=held", compared("status", Operator.NE, "held")),
        ("priority>5", compared("priority", Operator.GT, "5")),
        ("priority >= 5", compared("priority", Operator.GTE, "5")),
        ("priority.gte=5", compared("priority", Operator.GTE, "5")),
        ("priority<5", compared("priority", Operator.LT, "5")),
        ("priority<=5", compared("priority", Operator.LTE, "5")),
        ("priority.lt=5", compared("priority", Operator.LT, "5")),
        ("priority.lte=5", compared("priority", Operator.LTE, "5")),
        ("priority.gt=5", compared("priority", Operator.GT, "5")),
        ("name.regex=x{1,2}", compared("name", Operator.REGEX, "x{1,2}")),
        ("name*=x.*", compared("name", Operator.REGEX, "x.*")),
        ("name=~x=y", compared("name", Operator.REGEX, "x=y")),
        ("@type=ServiceProblem", compared("@type", Operator.EQ, "ServiceProblem")),
        ("relatedParty.partyOrPartyRole.id=7", compared("relatedParty.partyOrPartyRole.id", Operator.EQ, "7")),
        ("name.eq==eq", compared("name", Operator.EQ, "=eq")),
        ("name.eq=!x", compared("name", Operator.EQ, "!x")),
        ("name.eq= *x,>y ", compared("name", Operator.EQ, "*x", ">y")),
        ("name= \na\t ,b", compared("name", Operator.EQ, "\na\t", "b")),
        ("in=7", compared("in", Operator.EQ, "7")),
    ],
)
def test_a_clause_is_read(text: str, expected: Comparison) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("status", "'status' has no operator"),
        ("=held", "names no attribute"),
        (".gt=5", "not a path"),
        ("a..b=5", "not a path"),
        ("a b=5", "not a path"),
        ("a'b=5", "not a path"),
        ("priority=>5", "unknown operator '=>'"),
        ("name=*x", "unknown operator '=*'"),
        ("name=*x", "behind a word, percent-encoded: name.eq=%2Ax"),
        ("name=!x", "behind a word, percent-encoded: name.eq=%21x"),
        ("a.b=>x", "behind a word, percent-encoded: a.b.eq=%3Ex"),
        ("priority.gt>5", "two operators"),
        ("priority.ge=5", "unknown operator 'ge'"),
        ("priority.gt=5,6", "takes one value, not 2"),
    ],
)
def test_a_wrong_clause_is_refused_with_its_reason(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("*", r"\*")):
        read(text)


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        ([["b=1"], ["a=1"]], "a=1&b=1"),
        ([["a=2"], ["a=1,2"]], "a=1,2"),
        ([["b=1", "a=1", "b=0"]], "a=1;b=0,1"),
        ([["a.ne=1"], ["a!=0"]], "a.ne=0,1"),
        ([["a.ne=1", "a.ne=0"]], "a.ne=0;a.ne=1"),
        ([["a>1"], ["a.gt=1"]], "a.gt=1"),
        ([["a>1"], ["a>2"]], "a.gt=1&a.gt=2"),
        ([["a.exact=x,y"], ["a=z"]], "a=z;a.exact=x,y"),
        ([["a.exact=>5"]], "a.exact=>5"),
        ([["a.ne="], ["a.ne=1"]], "a.ne=&a.ne=1"),
        ([["a=50%&b;"]], "a=50%25%26b%3B"),
    ],
)
def test_conditions_of_one_meaning_have_one_spelling(groups: list[list[str]], text: str) -> None:
    condition = all_of([[read(clause) for clause in group] for group in groups])
    assert condition is not None
    assert render(condition) == text
