"""The outlines of areas as GeoJSON, and where they are served."""

import json
from functools import lru_cache
from typing import Any

from data.editions.edition import Edition
from metrics.areas import Area


def url(edition: Edition, area: Area, *, own: bool = False) -> str:
    """Where the polygons right below `area` are served, or with `own` its own one."""
    return f"/geo/{edition.id}/{area.code}.geojson" + ("?own=1" if own else "")


@lru_cache(maxsize=512)
def drawable(edition: Edition, area: Area, *, own: bool = False) -> bool:
    """Whether there is anything to draw: a polygon or at least a point."""
    return bool(_rows(edition, area, own))


def collection(edition: Edition, area: Area, *, own: bool = False) -> bytes:
    """The FeatureCollection of the areas right below one, or of itself."""
    features = (_feature(*row) for row in _rows(edition, area, own))
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def _feature(code: int, name: str, lon: float | None, lat: float | None, geometry: str | None) -> str:
    shape = geometry or json.dumps({"type": "Point", "coordinates": [lon, lat]})
    about = json.dumps({"name": name, "lon": lon, "lat": lat}, ensure_ascii=False)
    return f'{{"type":"Feature","id":"{code}","properties":{about},"geometry":{shape}}}'


def _rows(edition: Edition, area: Area, own: bool) -> list[tuple[Any, ...]]:
    """Code, name, point and polygon of every live area that has one of the two."""
    sql = (
        "SELECT a.code, a.name, a.lon, a.lat, s.geometry FROM areas a LEFT JOIN shapes s USING (code) "
        f"WHERE a.{'code' if own else 'parent'} = $1 "
        "AND a.holder = a.code AND (s.code IS NOT NULL OR a.lon IS NOT NULL) "
        "QUALIFY row_number() OVER (PARTITION BY a.code ORDER BY a.valid_from DESC NULLS LAST) = 1 ORDER BY a.code"
    )
    return edition.cursor().execute(sql, [area.code]).fetchall()
