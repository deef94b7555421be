"""The table of floors. docs/house.md says what each room is for; `test_floors.py` holds the stairs."""

FLOORS = {
    5: {"web", "cli", "worker", "watch"},
    4: {"publish", "collect", "examine", "review", "correct", "assess", "export", "people", "audit", "mail", "keeping"},
    3: {"store"},
    2: {"validate", "quality", "clean", "indicators", "simulate", "disclosure"},
    1: {"expressions", "xform", "xlsform", "values", "answers"},
    0: {"sentences", "findings", "problems", "config"},
}
DOORS, JOBS = FLOORS[5], FLOORS[4]
# On these floors a room does not know its neighbours.
APART = {2, 4}
_FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms} | {"": 0}
ROOMS = _FLOOR_OF.keys() - {""}


def floor_of(room: str) -> int:
    """The floor of a room; a room that the table lacks counts as a door, which nothing may import."""
    return _FLOOR_OF.get(room, 5)
