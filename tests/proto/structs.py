"""Draws any Struct of the contract, by what its type says; it checks nothing."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from proto.limits import SEQ_MAX

_MEMBERS = 3


def of(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any type of the contract
    """Draw values of a type: a Struct, or a union of them."""
    return _drawn(inspect.type_info(kind))


def _drawn(told: inspect.Type) -> st.SearchStrategy[Any]:
    match told:
        case inspect.Metadata(type=inner):
            return _drawn(inner)
        case inspect.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{field.name: _field(field) for field in fields})
        case inspect.UnionType(types=types):
            return st.one_of([_drawn(one) for one in types])
        case inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True)
        case inspect.StrType(min_length=least, max_length=most):
            return st.text(min_size=least or 0, max_size=min(most or 20, 20))
        case inspect.IntType(ge=least, le=most):
            return st.integers(least or 0, most or SEQ_MAX)
        case inspect.ListType(item_type=item):
            return st.lists(_drawn(item), max_size=_MEMBERS)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_drawn(key), _drawn(value), max_size=_MEMBERS)
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
    raise TypeError(f"no frame has had a {told} so far")


def _field(field: inspect.Field) -> st.SearchStrategy[Any]:
    """A field's value; UNSET where that is what it is by default."""
    drawn = _drawn(field.type)
    return st.just(msgspec.UNSET) | drawn if field.default is msgspec.UNSET else drawn
