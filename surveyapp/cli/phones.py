"""Sample phones: they speak OpenRosa over HTTP as ODK Collect does, for the demonstration and for trying a server
out.
"""

import http.client
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree

AGENT: Final = "org.odk.collect.android/v2026.3.1 Dalvik/2.1.0 (surveyapp sample phone)"
LIST: Final = "{http://openrosa.org/xforms/xformsList}"
MANIFEST: Final = "{http://openrosa.org/xforms/xformsManifest}"
KINDS: Final = {".jpg": "image/jpeg", ".csv": "text/csv", ".png": "image/png"}


@dataclass(frozen=True, slots=True)
class ListedForm:
    """A form as the server's list names it."""

    form_id: str
    version: str
    download_url: str
    manifest_url: str


class SamplePhone:
    """One phone with its own connection. `url` is the server URL that `surveyapp device add` prints."""

    def __init__(self, url: str, device_id: str) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.netloc, timeout=60)
        self._path = parts.path
        self._device_id = device_id

    def list_forms(self) -> list[ListedForm]:
        """The forms that the server offers."""
        root = ElementTree.fromstring(self._get(f"{self._path}/formList"))
        return [
            ListedForm(
                form.findtext(f"{LIST}formID", ""),
                form.findtext(f"{LIST}version", ""),
                form.findtext(f"{LIST}downloadUrl", ""),
                form.findtext(f"{LIST}manifestUrl", ""),
            )
            for form in root.iter(f"{LIST}xform")
        ]

    def download(self, form: ListedForm) -> tuple[bytes, dict[str, bytes]]:
        """The XForm and its files by name."""
        xform = self._get(urlsplit(form.download_url).path)
        files = {}
        if form.manifest_url:
            root = ElementTree.fromstring(self._get(urlsplit(form.manifest_url).path))
            for media in root.iter(f"{MANIFEST}mediaFile"):
                path = urlsplit(media.findtext(f"{MANIFEST}downloadUrl", "")).path
                files[media.findtext(f"{MANIFEST}filename", "")] = self._get(path)
        return xform, files

    def send(self, record: bytes, files: Mapping[str, bytes], *, split: bool = False) -> list[int]:
        """Ask, then send the record with its files, in two requests when `split`; the statuses of the answers."""
        self._request("HEAD", f"{self._path}/submission")
        if not split or not files:
            return [self._post(record, files)]
        first, *rest = files.items()
        return [self._post(record, dict([first]), incomplete=True), self._post(record, dict(rest))]

    def _post(self, record: bytes, files: Mapping[str, bytes], *, incomplete: bool = False) -> int:
        boundary = uuid.uuid4().hex
        parts = [_part("xml_submission_file", "record.xml", "text/xml", record)]
        parts += [
            _part(name, name, KINDS.get(name[-4:], "application/octet-stream"), data) for name, data in files.items()
        ]
        if incomplete:
            parts.append(b'Content-Disposition: form-data; name="*isIncomplete*"\r\n\r\nyes\r\n')
        body = b"".join(b"--%s\r\n%s" % (boundary.encode(), part) for part in parts) + b"--%s--\r\n" % boundary.encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return self._request("POST", f"{self._path}/submission", body, {"Content-Type": kind}).status

    def _get(self, path: str) -> bytes:
        response = self._request("GET", path)
        if response.status != 200:
            raise RuntimeError(f"GET {path} answered {response.status}")
        return response.content

    def _request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> "Answer":
        said = {"X-OpenRosa-Version": "1.0", "User-Agent": AGENT, **(headers or {})}
        self._connection.request(method, f"{path}?deviceID={self._device_id.replace(':', '%3A')}", body, said)
        response = self._connection.getresponse()
        return Answer(response.status, response.read())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered."""

    status: int
    content: bytes


def _part(name: str, file_name: str, kind: str, content: bytes) -> bytes:
    quoted, quoted_file = (text.replace('"', "%22").encode() for text in (name, file_name))
    head = b'Content-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n'
    return head % (quoted, quoted_file, kind.encode(), len(content)) + content + b"\r\n"
