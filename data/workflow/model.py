"""The model of a workflow file: states, fields, transitions, clocks, colours and notifications of one kind of item."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from data.texts import Model, Text

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Party = Literal["author", "holder", "unit", "supervisor", "anyone", "asked"]
"""Who an account is to an item: it started it, it signed for it, it belongs to the unit's area, it watches over it.

asked: it belongs to one of the units that are asked at once, and that unit has not answered yet.
"""
Reach = Literal["own", "above", "unit"]
"""Where the account's role is held: on an area that covers the item's, on a higher one, or on that of the unit."""
Colour = Literal["blue", "yellow", "red"]
Origin = Literal["red", "row", "case", "site", "alert", "area", "free"]
"""How an item begins: from a number, selected rows, a case, a site, an alert, an area, or nothing."""
COLOURS: tuple[Colour, ...] = ("blue", "yellow", "red")
"""From the mildest to the most severe."""
LONGEST_TEXT = 2000
START = "start"
"""The name of the first event of every item."""


class State(Model):
    """A state. turn: the party that acts next. outcome: how the case closed (`close_kind` of cases).

    public: its items stand in the public list, where a district has one.
    """

    name: Text
    type: Literal["open", "closed", "cancelled"]
    turn: Party | None = None
    outcome: str | None = None
    public: bool = False

    @property
    def is_open(self) -> bool:
        return self.type == "open"


class FieldType(Model):
    """Something that a transition records. column: the column of the case that it becomes.

    low, high: of an integer. longest: characters of a text. default: the choice that a form shows first. A point is
    `longitude,latitude` in degrees; it becomes the place of the case. units: several units that are asked at once.
    asked: the one of them for which a step answers; `of` names the field of type units.
    """

    name: Text
    type: Literal["text", "choice", "integer", "yes_no", "date", "unit", "point", "units", "asked"]
    choices: dict[Id, Text] = Field(default_factory=dict)
    low: int = 0
    high: int = 1_000_000
    longest: Annotated[int, Field(ge=1, le=LONGEST_TEXT)] = 500
    default: Id | None = None
    column: str | None = None
    of: Id | None = None


class Limit(Model):
    """How long a clock runs: hours, days, until the day of a field, or by the value of a choice."""

    hours: Annotated[float, Field(gt=0, le=100_000)] | None = None
    days: Annotated[int, Field(gt=0, le=4_000)] | None = None
    field: Id | None = None
    by: Id | None = None
    of: dict[Id, "Limit"] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in ("hours", "days", "field", "by") if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ValueError("give one of hours, days, field, and by with of")
        if bool(self.of) != (self.by is not None):
            raise ValueError("by names a choice, and of has a limit for each of its values")
        return self


class Clock(Model):
    """A clock. It restarts at a state of `start`, rests at one of `pause`, goes on at one of `resume`.

    time: working counts the time of working days alone.
    kind: a deadline is missed when it runs out; a period has to pass, such as that of publication.
    column: the column of the case that its deadline becomes.
    """

    name: Text
    time: Literal["natural", "working"]
    kind: Literal["deadline", "period"] = "deadline"
    limit: Limit
    start: tuple[Id, ...] = Field(min_length=1)
    pause: tuple[Id, ...] = ()
    resume: tuple[Id, ...] = ()
    stop: tuple[Id, ...] = Field(min_length=1)
    column: str | None = None


class ColourRule(Model):
    """When an open item takes a colour: by a clock, by the number of times of a transition, or by a field's value.

    used: share of the clock's limit that has passed. left_hours, left_days: what is left, in the clock's time.
    """

    colour: Colour
    clock: Id | None = None
    used: Annotated[float, Field(gt=0, le=100)] | None = None
    left_hours: Annotated[float, Field(ge=0)] | None = None
    left_days: Annotated[int, Field(ge=0)] | None = None
    transition: Id | None = None
    times: Annotated[int, Field(ge=1)] = 1
    field: Id | None = None
    value: Id | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        shares = [name for name in ("used", "left_hours", "left_days") if getattr(self, name) is not None]
        by = [name for name in ("clock", "transition", "field") if getattr(self, name)]
        if len(by) != 1:
            raise ValueError("give one of clock, transition and field")
        if bool(self.clock) != (len(shares) == 1):
            raise ValueError("a clock needs one of used, left_hours and left_days; nothing else may have them")
        if bool(self.field) != bool(self.value):
            raise ValueError("a field needs the value that it is compared with")
        return self


class Permission(Model):
    """Permission for a step: one of the roles, held at `scope`, by one of the parties; and the fields that it records.

    The party others is everybody who does not take the part of the responsible unit: a unit is not its own judge.

    step: the step of the case's log that it becomes.
    """

    roles: tuple[str, ...] = Field(min_length=1)
    scope: Reach = "own"
    party: tuple[Party | Literal["others"], ...] = ("anyone",)
    required: tuple[Id, ...] = ()
    optional: tuple[Id, ...] = ()
    step: str = "other"


class Start(Permission):
    """How an item begins. required, optional: fields besides title and area."""

    state: Id
    step: str = "report"


class Transition(Permission):
    """One change. to: without it the state stays. takes: who does it becomes the holder.

    approves: transitions, or `start`, whose author may not do this one. before_end, after_end: only while this clock
    has time left, or only when it has run out. postpones: the field whose recorded day comes before every day that this
    one records. One that requires a field of type asked is an answer of one unit: the
    state stays until all the units that were asked have answered.
    """

    name: Text
    from_: tuple[Id, ...] = Field(alias="from", min_length=1)
    to: Id | None = None
    takes: bool = False
    approves: tuple[Id, ...] = ()
    before_end: Id | None = None
    after_end: Id | None = None
    postpones: Id | None = None

    def target(self, state: str) -> str:
        """The state that it leads to from `state`."""
        return self.to or state


class Routing(Model):
    """Which unit is proposed for an item, by the value of a choice.

    units: how the unit's name ends, such as 城管局; of several the one of the item's area or the nearest above.
    """

    field: Id
    units: dict[Id, str] = Field(min_length=1)


class Duration(Model):
    """A reading that an item gives: the time from the newest of some events to the first of others after it.

    from, to: transitions, or `start`. time: working counts the time of working days alone.
    """

    from_: tuple[Id, ...] = Field(alias="from", min_length=1)
    to: tuple[Id, ...] = Field(min_length=1)
    time: Literal["natural", "working"]


class Notification(Model):
    """Recipients of the notification of a transition or colour. event: its id; `start` is the beginning."""

    event: Id
    to: tuple[Party, ...] = Field(min_length=1)


class Workflow(Model):
    """One kind of item. number: the letters that its numbers begin with. case_kind: the kind of the case it becomes.

    Without case_kind its items become no cases, and an open state may wait for nobody. remark: the field whose text is
    shown where the item began, with the data of that time.

    durations: by the measure of the reading, in hours.
    """

    id: Id
    file: str
    name: Text
    number: Annotated[str, Field(pattern=r"^[A-Z]{1,4}$")]
    case_kind: str | None = None
    remark: Id | None = None
    origins: tuple[Origin, ...] = ("free",)
    fields: dict[Id, FieldType] = Field(default_factory=dict)
    states: dict[Id, State] = Field(min_length=2)
    start: Start
    transitions: dict[Id, Transition] = Field(min_length=1)
    clocks: dict[Id, Clock] = Field(default_factory=dict)
    colours: tuple[ColourRule, ...] = ()
    notifications: tuple[Notification, ...] = ()
    durations: dict[Id, Duration] = Field(default_factory=dict)
    routing: Routing | None = None

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def leaving(self, state: str) -> dict[str, Transition]:
        """The transitions of a state, by id in the order of the file."""
        return {id: transition for id, transition in self.transitions.items() if state in transition.from_}

    def answers(self, transition: str) -> tuple[str, ...]:
        """The transitions that decide on the same request as this one and keep the state; none if it changes that."""
        given = self.transitions[transition]
        if given.to is not None or not given.approves:
            return ()
        return tuple(id for id, one in self.transitions.items() if one.to is None and one.approves == given.approves)

    @property
    def units_field(self) -> str | None:
        """The field that names the units that are asked at once."""
        return next((id for id, field in self.fields.items() if field.type == "units"), None)

    def answer_field(self, transition: str) -> str | None:
        """The field that names the unit for which a transition answers; None if it is no answer of one of several."""
        step = self.start if transition == START else self.transitions.get(transition)
        return next((id for id in step.required if self.fields[id].type == "asked"), None) if step else None

    def inputs(self, transition: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The required and the optional fields of a transition or of `start`."""
        step = self.start if transition == START else self.transitions[transition]
        return step.required, step.optional
