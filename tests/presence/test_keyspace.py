"""The names of keys, and what lies together."""

import re

from hypothesis import given
from hypothesis import strategies as st

from presence import keyspace
from proto.ids import ID_PATTERN

USER = st.from_regex(re.compile(ID_PATTERN), fullmatch=True)


TAG = re.compile(r"\{([^}]+)\}")


@given(USER)
def test_what_one_transition_touches_has_one_hash_tag(user: str) -> None:
    """A Redis Cluster hashes what stands between the first braces: the shard, and it alone."""
    shard = keyspace.shard_of(user)
    shard_keys = (keyspace.due_key, keyspace.since_key, keyspace.ends_key)
    keys = keyspace.user_key(user), *(key(shard) for key in shard_keys)
    assert [TAG.findall(key) for key in keys] == [[str(shard)]] * 4
    assert len(set(keys)) == 4
    assert keys[0].endswith(f":user:{user}")


@given(USER)
def test_what_one_room_touches_has_one_hash_tag(room: str) -> None:
    """The keys of typing are others than those of people, though ids be the same."""
    shard = keyspace.shard_of(room)
    keys = (
        keyspace.room_key(room),
        keyspace.typing_due_key(shard),
        keyspace.typing_since_key(shard),
    )
    assert [TAG.findall(key) for key in keys] == [[str(shard)]] * 3
    others = {keyspace.user_key(room), keyspace.due_key(shard), keyspace.since_key(shard)}
    assert len({*keys, *others}) == 6
    assert keys[0].endswith(f":room:{room}")


def test_a_shard_is_the_same_for_ever() -> None:
    """People's last seen lie under these names: another function would lose them."""
    assert [keyspace.shard_of(user) for user in ("alice", "bob", "carol-1")] == [7, 0, 2]
    assert keyspace.due_key(3) == "parley:presence:{3}:due"


@given(st.lists(USER), st.integers(1, 5))
def test_batches_hold_everything_once_in_order(users: list[str], size: int) -> None:
    """Each batch is of one shard and bounded; a person's items keep their order."""
    items = list(enumerate(users))
    batches = list(keyspace.batches(items, lambda item: item[1], size))
    for shard, batch in batches:
        assert 1 <= len(batch) <= size
        assert {keyspace.shard_of(user) for _, user in batch} == {shard}
    flat = [item for _, batch in batches for item in batch]
    assert sorted(flat) == items
    for user in users:
        mine = [item for item in flat if item[1] == user]
        assert mine == sorted(mine)
