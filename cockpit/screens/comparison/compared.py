"""The subjects of a comparison: two to six areas of one level, or units, from the address; and their selection."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cockpit.access import guard
from cockpit.access.policy import Can
from cockpit.components.navigation import actions, header
from cockpit.components.navigation.header import Chip
from cockpit.components.navigation.searchbox import searchbox
from cockpit.i18n import _, language
from cockpit.labels import words
from cockpit.view_state import View
from data.search.folding import LONGEST
from metrics import areas
from metrics.areas import Area
from metrics.errors import MetricsError
from metrics.search import areas_like, units, units_like

LEAST, MOST = 2, 6
MOST_CHARACTERS = 1000
"""Of a parameter of the address."""
SHOWN = 40
"""Characters of a text that is refused."""
OFFERED, FEW = 24, 8
"""Most suggestions: areas or search results; units, and any once there are enough."""
UNIT = "department"
"""The breakdown by units."""
_CODE = re.compile(r"[0-9]{12}")


class Refused(ValueError):
    """The address names what cannot be compared; the text is for the user."""


@dataclass(frozen=True)
class Subject:
    """One area or unit. id: its group in an answer. kind: of an area, such as 镇; empty for a unit."""

    id: str
    name: str
    level: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Choice:
    """The subjects of a comparison.

    by: the parameter of the address. split: the breakdown that has the subjects as groups.
    place: the area that holds them all; None if there is none that the user may see.
    """

    by: str
    subjects: tuple[Subject, ...]
    split: str
    place: Area | None

    @property
    def is_enough(self) -> bool:
        return len(self.subjects) >= LEAST

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the subjects, each once."""
        return tuple(dict.fromkeys(subject.kind for subject in self.subjects))


def _note_hidden(code: str) -> None:
    guard.note_refusal(f"compare {code}")


def read(view: View, parameters: Mapping[str, str], on_hidden: Callable[[str], None] = _note_hidden) -> Choice:
    """The choice of the address. Raises Refused with one line for the user.

    on_hidden: called with the code of an area that the user may not see, before it is refused.
    """
    named = {name: parameters[name] for name in ("areas", "units") if parameters.get(name)}
    if len(named) > 1:
        raise Refused(_("Compare either areas or units, not both at once."))
    if any(len(text) > MOST_CHARACTERS for text in named.values()):
        raise Refused(_("The address is too long: at most {n} can be compared.", n=MOST))
    if "units" in named:
        return _units(view, named["units"])
    return _areas(view, named.get("areas", ""), on_hidden)


def written(by: str, ids: Iterable[str]) -> str:
    """The ids as the parameter of an address."""
    if by == "areas":
        return ",".join(ids)
    line, named = io.StringIO(), list(ids)
    has_breaks = re.search(r"[\r\n]", "".join(named))
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL if has_breaks else csv.QUOTE_MINIMAL).writerow(named)
    return line.getvalue()


def _areas(view: View, text: str, on_hidden: Callable[[str], None]) -> Choice:
    places = [_area(view, code, on_hidden) for code in _counted(re.split(r"[,，\s]+", text.strip(", ，")))]
    if len({place.level for place in places}) > 1:
        listed = words.listed(f"{place.name} ({words.level(place.level)})" for place in places)
        raise Refused(_("Compare areas of one level: {areas}.", areas=listed))
    subjects = tuple(Subject(str(place.code), place.name, place.level, place.kind or "") for place in places)
    above = areas.common(view.edition, places) if places else None
    visible = above if above and view.edition.holds(above.code, above.end) else None
    return Choice("areas", _distinct(subjects), places[0].level if places else "", visible)


def _area(view: View, code: str, on_hidden: Callable[[str], None]) -> Area:
    """The live area of a code that the user may see. Refused for any other."""
    unknown = Refused(
        _("{area}: an area is named by its code of 12 digits; this edition does not hold this one.", area=code[:SHOWN])
    )
    if not _CODE.fullmatch(code):
        raise unknown
    try:
        place = areas.area(view.edition, int(code))
    except MetricsError:
        raise unknown from None
    if not view.edition.holds(place.code, place.end):
        on_hidden(code)
        raise Refused(_("{area} lies outside of what you may see", area=code))
    if not place.live:
        holder = areas.area(view.edition, place.holder).name
        raise Refused(_("{area} no longer exists: its ground now belongs to {holder}.", area=place.name, holder=holder))
    return place


def _units(view: View, text: str) -> Choice:
    try:
        (named,) = csv.reader([text], strict=True)
    except (csv.Error, ValueError):
        raise Refused(_("The names of the units cannot be read: choose them below.")) from None
    known = set(units(view.edition.within(view.area.code, view.area.end)))
    names = _counted([name.strip() for name in named])
    for name in names:
        if name not in known:
            raise Refused(
                _("{unit}: no unit of this name has cases in {area}.", unit=name[:SHOWN], area=view.area.name)
            )
    return Choice("units", _distinct(tuple(Subject(name, name) for name in names)), UNIT, view.area)


def _counted(named: Sequence[str]) -> list[str]:
    nonempty = [name for name in named if name]
    if len(nonempty) > MOST:
        raise Refused(_("{n} are named: at most {most} can be compared.", n=len(nonempty), most=MOST))
    return nonempty


def _distinct(subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    for index, subject in enumerate(subjects):
        if subject in subjects[:index]:
            raise Refused(_("{name} is named twice.", name=subject.name))
    return subjects


def peers(view: View, choice: Choice) -> tuple[Subject, ...]:
    """All areas of the level in the place that holds the subjects, or all units of the area."""
    if choice.place is None:
        return choice.subjects
    if choice.by == "units":
        return tuple(Subject(name, name) for name in units(view.edition.within(view.area.code, view.area.end)))
    places = areas.of_level(view.edition, choice.place, choice.split)
    return tuple(Subject(str(place.code), place.name, place.level, place.kind or "") for place in places)


def kind_name(choice: Choice, kind: str) -> str:
    """The name of the kind of the subjects: the kind or level of areas, or units."""
    if choice.by == "units":
        return _("units")
    named = {
        "街道": _("subdistricts"), "镇": _("towns"), "乡": _("townships"), "村": _("villages"),
        "社区": _("communities"),
    }  # fmt: skip
    return named.get(kind, kind) or words.level(choice.split, 2)


# --- choosing -----------------------------------------------------------------------------------------------------


def chooser(view: View, choice: Choice, searched: str) -> None:
    """The chosen subjects, each removable; a search by name; and suggestions to add with one click."""
    ids = [subject.id for subject in choice.subjects]
    if ids:
        header.chips(
            [
                Chip(subject.name, _href(view, choice.by, [i for i in ids if i != subject.id]))
                for subject in choice.subjects
            ]
        )
    if len(ids) >= MOST:
        return
    searchbox(_("Add an area or unit by name"), _href(view, choice.by, ids), value=searched, name="add")
    offered = _offered(view, choice, searched)
    if searched.strip() and not offered:
        header.notice(_("Nothing is found within what you may see."))
    actions.actions(
        [(f"+ {one.name}", _href(view, _by(one), [*_ids_of_level(choice, one), one.id])) for one in offered], key="add"
    )


def _offered(view: View, choice: Choice, searched: str) -> list[Subject]:
    """Suggestions to add: search results, else neighbours of the chosen ones, else the areas below."""
    chosen = {subject.id for subject in choice.subjects}
    if searched.strip():
        text = searched[:LONGEST]
        subjects = [_subject(place) for place in areas_like(view.edition, text, OFFERED)]
        inside = view.edition.within(view.area.code, view.area.end)
        subjects += [Subject(name, name) for name in units_like(inside, text, OFFERED)]
        if choice.subjects:  # what fits the chosen ones first
            subjects.sort(key=lambda one: one.level != choice.subjects[0].level)
    elif choice.by == "units":
        subjects = [Subject(name, name) for name in units(view.edition.within(view.area.code, view.area.end))]
    else:
        subjects = [_subject(place) for place in _near(view, choice)][:OFFERED]
        if not chosen:
            inside = view.edition.within(view.area.code, view.area.end)
            subjects += [Subject(name, name) for name in units(inside)[:FEW]]
    most = FEW if choice.is_enough and not searched.strip() else OFFERED + FEW
    return [one for one in subjects if one.id not in chosen][:most]


def _near(view: View, choice: Choice) -> Sequence[Area]:
    start = areas.area(view.edition, int(choice.subjects[0].id)) if choice.subjects else view.area
    below = () if choice.subjects else areas.children(view.edition, start)
    if below:
        return below
    above = areas.area(view.edition, start.parent) if start.parent else start
    siblings = areas.children(view.edition, above)
    return [place for place in siblings if view.edition.holds(place.code, place.end)]


def _subject(place: Area) -> Subject:
    return Subject(str(place.code), place.name, place.level, place.kind or "")


def _by(subject: Subject) -> str:
    return "areas" if subject.level else "units"


def _ids_of_level(choice: Choice, added: Subject) -> list[str]:
    """The chosen ones that can be compared with what is added: of the same level, or units."""
    return [subject.id for subject in choice.subjects if subject.level == added.level]


def _href(view: View, by: str, ids: Sequence[str]) -> str:
    changes: dict[str, object] = {"areas": None, "units": None, "add": None, "over": None}
    return view.here(**(changes | {by: written(by, ids) or None}))


def narrowed(view: View, choice: Choice) -> View:
    """The view at the area that holds the subjects, reaching no further: all who may see it share its answers."""
    if choice.place is None:
        return view
    place = choice.place
    return replace(view, query=replace(view.query, edition=view.edition.within(place.code, place.end), area=place.code))


def scope(view: View, choice: Choice) -> list[Area]:
    """The areas whose numbers the comparison shows: those compared, and the one that all their peers lie in."""
    if choice.by == "units":
        return [view.area]
    own = [areas.area(view.edition, int(subject.id)) for subject in choice.subjects]
    return [*own, *([choice.place] if choice.place else [])]


def may_export(view: View, choice: Choice) -> bool:
    """Whether the visitor may take all of it away as a file."""
    return all(view.grants.may(Can.EXPORT, place.code, place.end) for place in scope(view, choice))


def names(choice: Choice) -> str:
    """The subjects in words, for a title."""
    return ("、" if language() == "zh" else ", ").join(subject.name for subject in choice.subjects)
