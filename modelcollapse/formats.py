"""Two formats in which others read a provenance: Croissant for data sets, C2PA for pictures.

A Croissant record is JSON and needs nothing. To check one needs `mlcroissant`, and to sign a
picture `c2pa-python`; both are in the package's extra ``formats``.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_CROISSANT = "http://mlcommons.org/croissant/"
_TERMS = (
    "citeAs column equivalentProperty extract field fileObject fileProperty fileSet format includes"
    " isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace"
    " samplingRate separator source subField transform"
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": _CROISSANT,
    "rai": f"{_CROISSANT}RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    **{term: f"cr:{term}" for term in _TERMS.split()},
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}

_CREATED = {
    "action": "c2pa.created",
    "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
}


def croissant(
    name: str,
    description: str,
    creator: str,
    file: Path,
    columns: Mapping[str, str],
    **about: str,
) -> dict[str, Any]:
    """A Croissant record of one CSV file, with its hash.

    Parameters
    ----------
    name, description : str
    creator : str
        Name of the organisation that made the data set.
    file : Path
        The CSV file, which lies beside the record.
    columns : mapping of str to str
        What each column of text holds.
    **about : str
        Other properties, such as ``license``, ``url``, ``datePublished``, ``citeAs``.

    Returns
    -------
    dict
        To be written as JSON.

    Notes
    -----
    Source: the Croissant format 1.1 of MLCommons.
    """
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"rows/{column}",
            "name": column,
            "description": words,
            "dataType": "sc:Text",
            "source": {"fileObject": {"@id": file.name}, "extract": {"column": column}},
        }
        for column, words in columns.items()
    ]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": f"{_CROISSANT}1.1",
        "name": name,
        "description": description,
        "creator": {"@type": "sc:Organization", "name": creator},
        **about,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.name,
                "name": file.name,
                "contentUrl": file.name,
                "encodingFormat": "text/csv",
                "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            }
        ],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": fields}],
    }


def read_croissant(record: Path) -> list[dict[str, str]]:
    """The rows that a Croissant record describes, if the record is valid and the file unchanged.

    Raises
    ------
    ModuleNotFoundError
        If mlcroissant is not installed.
    ValueError
        If the record is not valid, or the file is not the one that was hashed.
    """
    try:
        import mlcroissant
    except ModuleNotFoundError:
        raise _missing("mlcroissant", "a Croissant record is checked") from None
    absl = logging.getLogger("absl")
    level = absl.level
    absl.setLevel(logging.ERROR)
    try:
        rows = list(mlcroissant.Dataset(record).records("rows"))
    except (mlcroissant.ValidationError, mlcroissant.GenerationError) as error:
        causes = [str(error), str(error.__cause__ or "")]
        raise ValueError(" ".join(causes).strip()) from error
    finally:
        absl.setLevel(level)
    return [{key.split("/")[-1]: value.decode() for key, value in row.items()} for row in rows]


def sign_picture(picture: bytes, format: str, title: str, secret: bytes) -> bytes:
    """A picture with a C2PA manifest in it, signed with a certificate that nobody vouches for.

    Parameters
    ----------
    picture : bytes
    format : str
        Its MIME type, such as ``image/png``.
    title : str
    secret : bytes of length 32
        Private key of the author. The authority that certifies it is made up on the spot.

    Raises
    ------
    ModuleNotFoundError
        If c2pa-python is not installed.
    ValueError
        If C2PA has no container for the format.
    """
    try:
        import c2pa
    except ModuleNotFoundError:
        raise _missing("c2pa-python", "a picture is signed and read") from None
    chain, key = _certified(secret)
    manifest = {
        "claim_generator_info": [{"name": "modelcollapse"}],
        "title": title,
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [_CREATED]}}],
    }
    info = c2pa.C2paSignerInfo(b"ed25519", chain, key, None)
    signed = io.BytesIO()
    try:
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
            builder.sign(signer, format, io.BytesIO(picture), signed)
    except c2pa.C2paError as error:
        raise ValueError(str(error)) from error
    return signed.getvalue()


def read_picture(picture: bytes, format: str) -> tuple[str, list[str]]:
    """What C2PA says of a picture: valid or not, and why.

    Returns
    -------
    state : str
        "Valid" if nothing was changed since it was signed, "Trusted" if the signer is known
        besides, else "Invalid".
    codes : list of str
        What is amiss, in the words of the specification.

    Raises
    ------
    ModuleNotFoundError
        If c2pa-python is not installed.
    ValueError
        If the picture has no manifest.
    """
    try:
        import c2pa
    except ModuleNotFoundError:
        raise _missing("c2pa-python", "a picture is signed and read") from None
    try:
        with c2pa.Reader(format, io.BytesIO(picture)) as reader:
            found = json.loads(reader.json())
    except c2pa.C2paError as error:
        raise ValueError(str(error)) from error
    codes = [status["code"] for status in found.get("validation_status", [])]
    return found["validation_state"], codes


def _missing(package: str, what: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"{what} by {package}, which is not here: pip install {package}")


def _certified(secret: bytes) -> tuple[bytes, bytes]:
    """A certificate for the key `secret`, by an authority of our own, and the key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    authority = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret).digest())
    author = Ed25519PrivateKey.from_private_bytes(secret)
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)

    def named(name: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, name),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A lab"),
            ]
        )

    def certificate(name: str, key: Ed25519PrivateKey, root: bool) -> bytes:
        known = key.public_key()
        usage = dict.fromkeys(
            (
                *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
                *("encipher_only", "decipher_only"),
            ),
            False,
        )
        usage |= {"digital_signature": not root, "key_cert_sign": root, "crl_sign": root}
        made = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("An authority of our own"))
            .public_key(known)
            .serial_number(1 if root else 2)
            .not_valid_before(now - day)
            .not_valid_after(now + 365 * day)
            .add_extension(x509.BasicConstraints(root, None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(known), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
                critical=False,
            )
        )
        if not root:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            made = made.add_extension(purpose, critical=False)
        return made.sign(authority, None).public_bytes(serialization.Encoding.PEM)

    chain = certificate("The author", author, False)
    chain += certificate("An authority of our own", authority, True)
    key = author.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return chain, key
