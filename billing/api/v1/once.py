"""Idempotent writes: the same Idempotency-Key and body get the first answer again (I-4).

The key's row is inserted in the transaction of the write itself. So a crash leaves neither, and of two parallel requests the
second waits for the first and then repeats its answer.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from billing import clock
from billing.api.v1.auth import caller_of
from billing.api.v1.problems import CONTENT_TYPE, refusal_response
from billing.api.v1.sentences import SENTENCES
from billing.errors import BadInput, Refusal
from billing.models import IdempotencyRecord

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST_KEY = 255
KEEP_KEYS_FOR = timedelta(days=7)
PRUNE_EVERY = 100  # keys

View = TypeVar("View", bound=Callable[..., Any])
JSON = "application/json; charset=utf-8"


def _response(status: int, body: str) -> HttpResponse:
    answer = HttpResponse(body, status=status, content_type=CONTENT_TYPE if status >= 400 else JSON)
    if not body:
        del answer["Content-Type"]
    return answer


@dataclass(frozen=True)
class Result:
    """The result of a write; ``is_new`` is false where the caller's own id named something that existed already."""

    answer: BaseModel
    is_new: bool


def _answer_write(result: BaseModel | Result | None, status: int) -> HttpResponse:
    if isinstance(result, Result):
        answer = _answer_write(result.answer, status)
        if not result.is_new:
            answer[REPLAYED] = "true"
        return answer
    return _response(status, "" if result is None else json.dumps(result.model_dump(), ensure_ascii=False))


def _read_key(key: str) -> str:
    if not key.isascii() or not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
        raise BadInput(SENTENCES["invalid_idempotency_key"], field=HEADER, code="invalid_idempotency_key")
    return key


def _fingerprint(request: HttpRequest) -> str:
    """Hashes what makes two requests the same: method, path with query, and body."""
    parts = (request.method or "", request.get_full_path(), hashlib.sha256(request.body).hexdigest())
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def _claim(token_id: int, key: str, fingerprint: str) -> tuple[IdempotencyRecord, bool]:
    """Inserts the key's row, or reads it; returns it and whether it is new. Waits for a parallel request that holds it."""
    try:
        with transaction.atomic():
            record = IdempotencyRecord.objects.create(
                token_id=token_id, key=key, request_sha256=fingerprint, created_at=clock.real_now()
            )
    except IntegrityError:
        return IdempotencyRecord.objects.get(token_id=token_id, key=key), False
    if record.pk % PRUNE_EVERY == 0:
        IdempotencyRecord.objects.filter(created_at__lt=record.created_at - KEEP_KEYS_FOR).delete()
    return record, True


def _repeat_answer(record: IdempotencyRecord, fingerprint: str) -> HttpResponse:
    if record.request_sha256 != fingerprint:
        raise BadInput(SENTENCES["idempotency_key_reused"], field=HEADER, code="idempotency_key_reused")
    answer = _response(record.status, record.body)
    answer[REPLAYED] = "true"
    return answer


def _act_once(request: HttpRequest, key: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        record, is_new = _claim(caller_of(request).pk, key, fingerprint)
        if not is_new:
            return _repeat_answer(record, fingerprint)
        try:
            with transaction.atomic():
                answer = act()
        except Refusal as refusal:  # a refusal is an answer too: the same key gets it again
            answer = refusal_response(refusal)
        record.status, record.body = answer.status_code, answer.content.decode()
        record.save(update_fields=["status", "body"])
    return answer


def once(status: int = 200) -> Callable[[View], View]:
    """Makes a view a write: its result (an answer, a `Result` or nothing) is answered with ``status``, once for each
    Idempotency-Key that is sent."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer_once(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            def act() -> HttpResponse:
                return _answer_write(view(request, *args, **kwargs), status)

            key = request.headers.get(HEADER)
            return act() if key is None else _act_once(request, _read_key(key), act)

        return cast(View, answer_once)

    return decorate
