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
