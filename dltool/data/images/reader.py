"""Reading images: their headers, the common form that they are converted to, and damaged files."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from dltool.data.images.files import ImageFiles, left_out_notes, named
from dltool.data.images.header import DamagedImageError, Header, damage, header, open_image
from dltool.data.images.layout import classes_of, empty_classes, known_classes_of, passed_over, require_one_part
from dltool.data.images.pixels import Form, pixels
from dltool.data.images.remarks import remarks
from dltool.data.images.uniform import constant
from dltool.data.readers.outline import Outline, Request
from dltool.data.readers.reader import Raw, Reader
from dltool.errors import InputError, Problem, printable
from dltool.formatting import plural

if TYPE_CHECKING:
    from dltool.data.sources.images import Images

#: bytes of images to decode at a time
CHUNK = 64 << 20
#: most bytes of images to keep from the search for damaged ones, so that they are decoded once
KEPT = 256 << 20
#: images that a thread decodes at a time
TOGETHER = 16
#: most unusable files to list
LISTED = 10

#: the result of looking at a file: its header or its problem
Look = Header | Problem


class ImageReader(Reader):
    """Images in the order of their names."""

    def __init__(self, files: ImageFiles, source: Images, request: Request, known: Mapping[str, Look] | None = None):
        """`known` are the results of earlier looks, by name."""
        self.files, self._source, self._request = files, source, request
        self.looks: dict[str, Look] = dict(known or {})
        self._unpacked: np.ndarray | None = None  # all images, where the search for damaged ones has kept them
        notes = left_out_notes(files)
        if not request.shape:
            self._look_at_all()
        self._form = fixed_form(source, request.shape, request.dtype) if request.shape else self._common_form()
        if source.damaged == "skip" and not request.tolerant:
            notes += self._skip()
        if request.targets:
            notes += [note for note in (empty_classes(files), passed_over(files, source.class_folder)) if note]
        form = self._form
        self.outline = Outline(
            where=files.where,
            place=lambda row: files.place(files.names[row]),
            rows=len(files.names),
            task="classes",
            targets={"class": self._classes()} if request.targets else {},
            feature_shape=form.size if len(request.shape) == 2 else (*form.size, form.channels),
            feature_dtype="float32" if form.deep else "uint8",
            deep=form.deep,
            notes=tuple(notes),
        )

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Images (rows, height, width, channels), bytes or numbers, decoded by several threads.

        Raises InputError with all unusable images at the end.
        """
        form, rows = self._form, len(self.files.names)
        step = max(1, CHUNK // form.bytes)
        if self._unpacked is not None:
            for low in range(0, rows, step):
                yield self._unpacked[low : low + step].reshape(-1, *self.outline.feature_shape)
            return
        problems: dict[int, Problem] = {}
        with ThreadPoolExecutor() as threads:
            for low in range(0, rows, step):
                chunk = np.zeros((min(step, rows - low), *form.size, form.channels), form.dtype)
                problems |= self._unpack_all(threads, range(low, low + len(chunk)), form, chunk)
                if self._request.tolerant:
                    self.failed = problems
                if self._request.tolerant or not problems:
                    yield chunk.reshape(-1, *self.outline.feature_shape)
        if problems and not self._request.tolerant:
            raise InputError(*_listed(list(problems.values()), self.files.where))

    def remarks(self) -> list[str]:
        """Notes on conversions of the images read so far."""
        headers = self.headers
        return [f"{self.files.where}: {text}" for text in remarks(headers, self._form)] if headers else []

    def try_out(self, most: int) -> tuple[int, dict[str, Problem], list[str]]:
        """Decode up to `most` evenly spaced images.

        Returns how many, their problems by name, and the places of images of a single color.
        """
        names, form = self.files.names, self._form
        rows = range(0, len(names), -(-len(names) // most))
        problems = {row: look for row, name in enumerate(names) if isinstance(look := self.looks.get(name), Problem)}
        same: list[str] = []
        with ThreadPoolExecutor() as threads:
            for some in (rows[low : low + 8 * TOGETHER] for low in range(0, len(rows), 8 * TOGETHER)):
                images = np.zeros((len(some), *form.size, form.channels), form.dtype)
                found = self._unpack_all(threads, some, form, images)
                problems |= found
                same += [
                    self.files.place(names[some[i]]) for i in np.flatnonzero(constant(images)) if some[i] not in found
                ]
        return len(rows), {names[row]: problems[row] for row in sorted(problems)}, same

    @property
    def headers(self) -> list[Header]:
        """The headers of all images that have been looked at."""
        looks = (self.looks.get(name) for name in self.files.names)
        return [look for look in looks if isinstance(look, Header)]

    def close(self) -> None:
        """Close the archive."""
        self.files.close()

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The names of the files."""
        return [{"file": printable(self.files.names[row])} for row in rows]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """The paths of the files, since a prediction is useless without one."""
        return {"file": np.ma.array([self.files.path(name) for name in self.files.names[low:high]], dtype=object)}

    def kept_types(self) -> dict[str, str]:
        """Text."""
        return {"file": "VARCHAR"}

    def _classes(self) -> np.ndarray:
        names, level = self.files.names, self._source.class_folder
        if known := self._request.classes:
            classes = known_classes_of([self.files.path(name) for name in names], names, known, level)
        else:
            require_one_part(self.files)
            classes = classes_of(names, level)
        if "" in classes:
            message = "is not in a class folder; put the images of each class in a folder"
            raise InputError(Problem(message, self.files.place(names[classes.index("")])))
        return np.array(classes, dtype=object)

    def _common_form(self) -> Form:
        """The most frequent size; color if any image has color, numbers if any has more than 8 bits."""
        headers = self.headers
        if not headers:
            raise InputError(
                *_listed([look for look in self.looks.values() if isinstance(look, Problem)], self.files.where)
            )
        height, width = self._source.size or Counter(one.size for one in headers).most_common(1)[0][0]
        channels = self._source.channels or (3 if any(one.color for one in headers) else 1)
        deep = any(one.bits > 8 for one in headers)
        return Form(height, width, channels, deep, self._source.size is not None, self._source.color())

    def _look_at_all(self) -> None:
        new = [name for name in self.files.names if name not in self.looks]
        jobs = [new[low : low + TOGETHER] for low in range(0, len(new), TOGETHER)]
        with ThreadPoolExecutor() as threads, _without_warnings():
            looks = threads.map(lambda names: [self._look(name) for name in names], jobs)
            self.looks |= zip(new, chain.from_iterable(looks), strict=True)

    def _look(self, name: str) -> Look:
        """The header of a file, without decoding pixels, or its problem."""
        try:
            with self.files.open(name) as file:
                if not file.read(1):
                    return Problem("is empty", self.files.place(name))
                file.seek(0)
                return header(open_image(file, name), file)
        except InputError:
            raise
        except Exception as error:  # files, archives and decoders raise all kinds of errors
            return self._problem(name, damage(error))

    def _skip(self) -> list[str]:
        """Leave out damaged images; returns a note on them."""
        rows, form = len(self.files.names), self._form
        fit = form.resized or all(one.size == form.size for one in self.headers)
        kept = np.zeros((rows, *form.size, form.channels), form.dtype) if fit and rows * form.bytes <= KEPT else None
        with ThreadPoolExecutor() as threads:
            # images of a different size are reported elsewhere
            problems = self._unpack_all(threads, range(rows), form if fit else form._replace(resized=True), kept)
        if len(problems) == rows:
            raise InputError(*_listed(list(problems.values()), self.files.where))
        self._unpacked = kept if kept is None or not problems else np.delete(kept, list(problems), axis=0)
        left_out = [self.files.names[row] for row in problems]
        self.files.names = [name for row, name in enumerate(self.files.names) if row not in problems]
        if not left_out:
            return []
        return [
            f"{self.files.where}: left out {plural(len(left_out), 'damaged image')} (damaged: skip): {named(left_out)}"
        ]

    def _unpack_all(
        self, threads: ThreadPoolExecutor, rows: range, form: Form, images: np.ndarray | None = None
    ) -> dict[int, Problem]:
        """Decode the images of some rows into `images`; returns the problems of unusable ones by row."""

        def unpack(places: range) -> list[Problem | None]:
            return [self._unpack(rows[i], form, None if images is None else images[i]) for i in places]

        jobs = [range(len(rows))[low : low + TOGETHER] for low in range(0, len(rows), TOGETHER)]
        with _without_warnings():
            found = [problem for job in threads.map(unpack, jobs) for problem in job]
        return {row: problem for row, problem in zip(rows, found, strict=True) if problem}

    def _unpack(self, row: int, form: Form, image: np.ndarray | None) -> Problem | None:
        name = self.files.names[row]
        if isinstance(look := self.looks.get(name), Problem):
            return look
        try:
            with self.files.open(name) as file:
                content = file.read()
            if not content:
                return Problem("is empty", self.files.place(name))
            about, found = pixels(content, name, form)
        except InputError:
            raise
        except Exception as error:  # as above
            return self._problem(name, damage(error))
        self.looks[name] = about
        if not found.size:
            return Problem(misfit(about.size, self._form, fixed=bool(self._request.shape)), self.files.place(name))
        if image is not None:
            image[:] = found
        return None

    def _problem(self, name: str, error: DamagedImageError) -> Problem:
        return Problem(str(error), self.files.place(name))


def fixed_form(source: Images, shape: Sequence[int], dtype: str) -> Form:
    """The form that a training has fixed, by the shape and the type of its samples."""
    height, width, channels = (*shape, 1)[:3]
    return Form(height, width, channels, dtype == "float32", source.size is not None, source.color())


def misfit(found: tuple[int, int], form: Form, *, fixed: bool) -> str:
    """A message about an image of another size; `fixed` by a training, else by most of the images."""
    height, width = form.size
    those = "those to train on are" if fixed else "most images are"
    advice = f"resize {'it, or all' if fixed else 'all'}: size: [{height}, {width}]"
    return f"is {found[0]} × {found[1]}, {those} {height} × {width}; {advice}"


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Suppresses Pillow's warnings about large or slightly irregular images."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _listed(problems: Sequence[Problem], where: str) -> list[Problem]:
    """The first problems, and how many more there are."""
    if len(problems) <= LISTED:
        return list(problems)
    return [*problems[:LISTED], Problem(f"{len(problems) - LISTED} more images cannot be used", where)]
