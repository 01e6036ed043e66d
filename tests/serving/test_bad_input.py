"""Every bad request is refused with a documented code, and nothing of it comes back."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

SECRET = "Zz9SecretMaterial"
JSON = {"Content-Type": "application/json"}


def records(*rows: Any) -> bytes:
    return json.dumps({"dataframe_records": rows}).encode()


def split(columns: list[str], *rows: list[Any]) -> bytes:
    return json.dumps({"dataframe_split": {"columns": columns, "data": rows}}).encode()


def nested(depth: int) -> bytes:
    return b'{"inputs": ' + b"[" * depth + b"]" * depth + b"}"


ROW = {"formula": SECRET}
BAD: list[tuple[str, int, bytes]] = [
    ("malformed_json", 400, b""),
    ("malformed_json", 400, b'{"inputs": ["' + SECRET.encode()),
    ("malformed_json", 400, b'{"inputs": ["\xff\xfe"]}'),
    ("malformed_json", 400, b'{"inputs": ["Li\\ud800"]}'),
    ("malformed_json", 400, b'\xef\xbb\xbf{"inputs": ["LLZO"]}'),
    ("malformed_json", 400, b'{"dataframe_records": [{"formula": "LLZO", "temperature": NaN}]}'),
    ("malformed_json", 400, b'{"inputs": [{"formula": "LLZO", "temperature": -Infinity}]}'),
    ("malformed_json", 400, b'{"dataframe_records": [{"formula": "LLZO", "temperature": 1e999}]}'),
    ("malformed_json", 400, b'{"inputs": [' + b"9" * 5000 + b"]}"),
    ("malformed_json", 400, nested(100_000)),
    ("wrong_shape", 400, b'["LLZO"]'),
    ("wrong_shape", 400, b'"LLZO"'),
    ("wrong_shape", 400, b"{}"),
    ("wrong_shape", 400, b'{"inputs": ["LLZO"], "instances": ["LLZO"]}'),
    ("wrong_shape", 400, b'{"inputs": ["LLZO"], "' + SECRET.encode() + b'": 1}'),
    ("wrong_shape", 400, b'{"inputs": "LLZO"}'),
    ("wrong_shape", 400, b'{"inputs": [["LLZO"]]}'),
    ("wrong_shape", 400, nested(500)),
    ("wrong_shape", 400, b'{"dataframe_records": {"formula": ["LLZO"]}}'),
    ("wrong_shape", 400, b'{"dataframe_records": ["LLZO"]}'),
    ("wrong_shape", 400, b'{"dataframe_split": [["LLZO"]]}'),
    ("wrong_shape", 400, b'{"dataframe_split": {"columns": ["formula"]}}'),
    ("wrong_shape", 400, b'{"dataframe_split": {"columns": [1], "data": [["LLZO"]]}}'),
    ("wrong_shape", 400, split(["formula", "formula"], ["a", "b"])),
    ("wrong_shape", 400, b'{"dataframe_split": {"columns": ["formula", "a"], "data": [["LLZO"]]}}'),
    ("wrong_shape", 400, split(["formula"], ["LLZO"], ["a", 1])),
    ("wrong_shape", 400, b'{"inputs": {"formula": ["LLZO", "LiI"], "a": [1]}}'),
    ("wrong_shape", 400, b'{"inputs": {"formula": "LLZO"}}'),
    ("wrong_shape", 400, b'{"instances": {"formula": ["LLZO"], "temperature": []}}'),
    ("malformed_json", 400, b'{"inputs": ["LiI"], "inputs": ["LLZO"]}'),
    ("malformed_json", 400, b'{"inputs": [{"formula": "LiI", "formula": "LLZO"}]}'),
    ("malformed_json", 400, b'{"inputs": ["LLZO"], "params": {"window": true, "window": false}}'),
    ("wrong_shape", 400, records({"input": "LLZO"}, {"input": "LiI", "formula": "LLZO"})),
    ("wrong_shape", 400, b'{"inputs": [{"formula": "LLZO", "a": ' + b"[" * 30 + b"]" * 30 + b"}]}"),
    ("wrong_shape", 400, b'{"csv": ["formula"]}'),
    ("wrong_shape", 400, b'{"csv": "formula,a\\nLLZO,1,2"}'),
    ("wrong_shape", 400, b'{"csv": "formula\\nLLZO", "inputs": ["LiI"]}'),
    ("missing_formula_column", 400, json.dumps({"csv": f"sample\n{SECRET}\n"}).encode()),
    ("missing_formula_column", 400, records({"structure": " \n "})),
    ("missing_formula_column", 400, records({"structure": ["data_x"]})),
    ("wrong_type", 400, records({"formula": 42, "structure": "data_x\n"})),
    ("empty_input", 400, b'{"csv": "formula\\n"}'),
    ("empty_input", 400, b'{"inputs": []}'),
    ("empty_input", 400, b'{"inputs": {}}'),
    ("empty_input", 400, b'{"dataframe_split": {"columns": ["formula"], "data": []}}'),
    ("missing_formula_column", 400, records({"sample": SECRET})),
    ("missing_formula_column", 400, records(ROW, {"temperature": 25})),
    ("missing_formula_column", 400, records({})),
    ("misspelt_column", 400, records({**ROW, "temprature": 100})),
    ("misspelt_column", 400, records({**ROW, "Temperatur (°F)": 100})),
    ("misspelt_column", 400, records({**ROW, "spacegruop": 225})),
    ("misspelt_column", 400, records({**ROW, "forms": "glass"})),
    ("wrong_type", 400, records(ROW, {"formula": 42})),
    ("wrong_type", 400, records(ROW, {"formula": None})),
    ("wrong_type", 400, b'{"inputs": [1, 2, 3]}'),
    ("wrong_type", 400, b'{"inputs": {"formula": [1.5]}}'),
    ("too_many_columns", 400, records({**ROW, **{f"c{i}": i for i in range(300)}})),
    ("unknown_params", 400, b'{"inputs": ["LLZO"], "params": {"temperature": 60}}'),
    ("unknown_params", 400, b'{"inputs": ["LLZO"], "params": {"time_limit_s": 1}}'),
    ("bad_param", 400, b'{"inputs": ["LLZO"], "params": [60]}'),
    ("bad_param", 400, b'{"inputs": ["LLZO"], "params": {"temperature_C": "60"}}'),
    ("bad_param", 400, b'{"inputs": ["LLZO"], "params": {"temperature_C": -300}}'),
    ("bad_param", 400, b'{"inputs": ["LLZO"], "params": {"temperature_C": 1' + b"0" * 400 + b"}}"),
    ("bad_param", 400, b'{"inputs": ["LLZO"], "params": {"explain": 1}}'),
    ("too_many_rows", 422, json.dumps({"inputs": [SECRET] * 10_001}).encode()),
    ("body_too_large", 413, b'{"inputs": ["' + SECRET.encode() * 300_000 + b'"]}'),
]  # fmt: skip


def require_refusal(response: httpx.Response, code: str, status: int) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert error["code"] == code, error
    assert error["message"]
    assert response.headers["x-request-id"] == error["request_id"]
    assert SECRET not in response.text
    assert "LLZO" not in response.text


@pytest.fixture(scope="module")
def client(server: Any) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


@pytest.mark.parametrize(
    ("code", "status", "body"), BAD, ids=[f"{i}-{code}" for i, (code, _, _) in enumerate(BAD)]
)
def test_a_bad_body_is_refused_with_a_code(
    client: httpx.Client, code: str, status: int, body: bytes
) -> None:
    require_refusal(client.post("/invocations", content=body, headers=JSON), code, status)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; profile=x"},
        {"Content-Type": "application/vnd.apache.parquet"},
        {**JSON, "Content-Encoding": "gzip"},
    ],
)
def test_a_wrong_content_type_is_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    response = client.post("/invocations", content=b'{"inputs": ["LLZO"]}', headers=headers)
    require_refusal(response, "unsupported_content_type", 415)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("malformed_csv", b"formula\nLi\xff\n"),
        ("missing_formula_column", b"sample\nLLZO\n"),
        ("missing_formula_column", b""),
        ("wrong_shape", b"formula,a\nLLZO,1,2\n"),
        ("wrong_shape", b'formula,a\n"LLZO,1\n'),
        ("malformed_csv", b"formula," + b"a" * 200_000 + b"\nLLZO,1\n"),
        ("wrong_shape", b"formula,formula\nLLZO,1\n"),
        ("wrong_shape", b"formula,a,a\nLLZO,1,1\n"),
        ("too_many_columns", b"formula," + b",".join(b"c%d" % i for i in range(400_000)) + b"\nA"),
        ("empty_input", b"formula\n"),
        ("misspelt_column", b"formula,temprature\nLLZO,1\n"),
    ],
)
def test_bad_csv_is_refused(client: httpx.Client, code: str, body: bytes) -> None:
    headers = {"Content-Type": "text/csv"}
    require_refusal(client.post("/invocations", content=body, headers=headers), code, 400)


def test_csv_of_too_many_rows_is_not_read_to_its_end(server: Any, client: httpx.Client) -> None:
    body = b"formula\n" + b"a\n" * 1_999_990
    before = server.cpu_s(server.process.pid)
    response = client.post("/invocations", content=body, headers={"Content-Type": "text/csv"})
    require_refusal(response, "too_many_rows", 422)
    assert (
        server.cpu_s(server.process.pid) - before < 1.5
    )  # reading all of it takes several times as long


def test_ten_thousand_rows_are_taken_in(client: httpx.Client) -> None:
    body = json.dumps({"inputs": ["Xx"] * 10_000}).encode()
    response = client.post("/invocations", content=body, headers=JSON)
    assert len(response.json()["predictions"]) == 10_000


def test_wrong_paths_and_methods_are_refused(client: httpx.Client) -> None:
    require_refusal(client.get(f"/{SECRET}"), "not_found", 404)
    require_refusal(client.get("/ping/"), "not_found", 404)
    response = client.get("/invocations")
    require_refusal(response, "method_not_allowed", 405)
    assert response.headers["allow"] == "POST"
    assert client.delete("/ping").headers["allow"] == "GET, HEAD"
    assert client.head("/ping").status_code == 200


def connect(server: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def head(length: int | None) -> bytes:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (
        "POST /invocations HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"{size}\r\n\r\n"
    ).encode()


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def read_answer(connection: socket.socket) -> bytes:
    """Read until the answer is whole; it may come in pieces, and the connection may stay open."""
    answer = b""
    while b"request_id" not in answer or not answer.endswith(b"}}"):
        piece = connection.recv(65536)
        assert piece, answer
        answer += piece
    return answer


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(server: Any) -> None:
    with connect(server) as connection:
        start = time.monotonic()
        connection.sendall(head(50_000_000))
        answer = read_answer(connection)
        assert time.monotonic() - start < 5
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"body_too_large"' in answer


@pytest.mark.parametrize("chunked", [False, True])
def test_who_sends_everything_first_still_reads_the_refusal(server: Any, chunked: bool) -> None:
    block = b"x" * 1_000_000
    slowest = 0.0
    stop = threading.Event()

    def ping() -> None:
        nonlocal slowest
        with server.client() as client:
            while not stop.is_set():
                slowest = max(slowest, client.get("/ping").elapsed.total_seconds())

    pinging = threading.Thread(target=ping)
    pinging.start()
    with connect(server) as connection:
        connection.sendall(head(None if chunked else 50_000_000))
        for _ in range(50):
            connection.sendall(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
        if chunked:
            connection.sendall(b"0\r\n\r\n")
        answer = read_all(connection)
    stop.set()
    pinging.join()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"}}")
    assert slowest < 4  # the benchmark holds it to 0.2 s; here others share the machine


def test_an_unread_body_does_not_take_an_early_refusal_away(server: Any) -> None:
    with connect(server) as connection:
        connection.sendall(head(3_000_000).replace(b"/invocations", b"/nowhere"))
        connection.sendall(b"x" * 3_000_000)
        assert read_all(connection).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60),
        b"GET / HTTP/1.1\r\nHost here\r\n\r\n",
        head(10).replace(b"10", b"-1"),
        head(10).replace(b"10", b"1e3"),
        head(None) + b"zz\r\n{}\r\n",
        b"POST /invocations HTTP/1.1\r\nX: " + b"a" * 200_000,
    ],
)
def test_what_is_no_http_is_refused_and_harms_nobody(server: Any, garbage: bytes) -> None:
    with connect(server) as connection:
        answer = b""
        with suppress(OSError):  # an end without an answer is one, too
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            answer = read_all(connection)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 ")) or not answer
    assert server.ask({"inputs": ["LLZO"]}).status_code == 200


def test_a_client_that_hangs_up_harms_nobody(server: Any) -> None:
    body = json.dumps({"inputs": ["LLZO"] * 3000}).encode()
    for sent in (body[:100], body):
        with connect(server) as connection:
            connection.sendall(head(len(body)) + sent)
    assert server.ask({"inputs": ["LLZO"]}).status_code == 200
    assert not any("Traceback" in line for line in server.log)
