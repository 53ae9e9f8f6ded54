"""Models of YAML files that name things in both languages of the screens."""

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Part of a file: an unknown field is a fault, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Model):
    """A text in both languages of the screens."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Unit(Text):
    """What a number counts, in both languages. one: the English word behind 1; empty: as behind every other number."""

    one: str = ""

    def behind(self, number: str, language: str) -> str:
        """The word behind a number as it is written, signed or not: `1 case`, `+2 cases`, `> 1 case`."""
        single = language == "en" and number.rpartition(" ")[2].lstrip("+−-") == "1"
        return self.one if single and self.one else self[language]
