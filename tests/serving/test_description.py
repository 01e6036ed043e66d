"""The OpenAPI description and the page say what the server really does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sseml.serving.description import description
from sseml.serving.problems import PROBLEMS
from sseml.serving.settings import Limits

PAGE = Path(__file__).parents[2] / "docs" / "serve.md"


def schema(name: str) -> dict[str, Any]:
    """One schema of the description, with those it refers to."""
    return {**description(Limits()), "$ref": f"#/components/schemas/{name}"}


def test_answers_are_as_described(server: Any) -> None:
    rows = [{"formula": "LLZO", "mine": 1}, {"formula": "Xx"}, {"formula": "Li2+xP", "x": "0:1:1"}]
    answer = server.ask({"dataframe_records": rows, "params": {"explain": True}}).json()
    jsonschema.validate(answer, schema("Answer"))
    with server.client() as client:
        jsonschema.validate(client.get("/ready").json(), schema("Ready"))
        jsonschema.validate(client.get("/version").json(), schema("Version"))
        served = client.get("/openapi.json").json()
    assert served == description(Limits())


def test_examples_of_the_description_are_answered(server: Any) -> None:
    content = served_content(server)
    example = content["application/json"]["example"]
    jsonschema.validate(example, schema("Request"))
    assert server.ask(example).status_code == 200
    with server.client() as client:
        headers = {"Content-Type": "text/csv"}
        text = content["text/csv"]["example"].encode()
        assert client.post("/invocations", content=text, headers=headers).status_code == 200


def served_content(server: Any) -> dict[str, Any]:
    with server.client() as client:
        post = client.get("/openapi.json").json()["paths"]["/invocations"]["post"]
    content: dict[str, Any] = post["requestBody"]["content"]
    return content


def test_every_code_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for code, problem in PROBLEMS.items():
        assert f"| {problem.status} | `{code}` |" in page


def test_commands_of_the_page_are_answered(server: Any, tmp_path: Path) -> None:
    (tmp_path / "tests").symlink_to(PAGE.parents[1] / "tests")
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    asking = [block[block.index("sseml serve\n") + 12 :] if "sseml serve\n" in block else block
              for block in blocks if "curl" in block]  # fmt: skip
    assert len(asking) == 3
    for block in asking:
        command = block.replace("localhost:5001", server.url.removeprefix("http://"))
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        assert ran.returncode == 0, ran.stderr
        answers = ran.stdout.replace("}}{", "}}\n{").splitlines()
        assert len(answers) == block.count("curl ")
        for answer in map(json.loads, answers):
            assert "ok" in [record["status"] for record in answer["predictions"]]
            assert answer["warnings"] == []


def narrowed(described: dict[str, Any]) -> dict[str, Any]:
    """Leave out what no schema can say: which text is CSV, that columns have one length, and which
    measurements are new to the model.
    """
    del described["paths"]["/invocations"]["post"]["requestBody"]["content"]["text/csv"]
    schemas = described["components"]["schemas"]
    request = schemas["Request"]
    request["oneOf"] = [form for form in request["oneOf"] if not form["$ref"].endswith("_csv")]
    new = [{"formula": "Li3ScF6", "sigma_S_cm": 1e-9}]
    schemas["Params"]["properties"]["measured"] = {"enum": [None, new]}
    table = schemas["Table"]["properties"]
    table["columns"] = {"const": ["formula"]}
    table["data"]["items"] |= {"items": {"type": "string"}, "minItems": 1, "maxItems": 1}
    for form in ("inputs", "instances"):
        _, columns = schemas[f"Of_{form}"]["properties"][form]["oneOf"]
        columns["additionalProperties"] = False
    return described


NAMES_NO_SCHEMA_CAN_SAY = """
import schemathesis
from sseml.serving.request import unknown_headings
from sseml.serving.problems import RequestError

@schemathesis.hook
def filter_body(context, body):
    for rows in body.values() if isinstance(body, dict) else ():
        for row in rows if isinstance(rows, list) else ():
            try:
                unknown_headings(row if isinstance(row, dict) else ())
            except RequestError:
                return False
    return True
"""
"""Leaves out requests with a name that may be the temperature, or is nearly that of a condition."""


@pytest.mark.slow
@pytest.mark.parametrize("guard", [False, True])
def test_schemathesis_finds_no_difference(
    server: Any, guarded: Any, token: str, tmp_path: Path, guard: bool
) -> None:
    asked = guarded if guard else server
    options = ["--header", f"Authorization: Bearer {token}"] if guard else []
    with asked.client(token) as client:
        described = client.get("/openapi.json").json()
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(narrowed(described)), encoding="utf-8")
    (tmp_path / "names.py").write_text(NAMES_NO_SCHEMA_CAN_SAY, encoding="utf-8")
    found = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            str(file),
            *("--url", asked.url),
            *("--max-examples", "60"),
            *("--seed", "1"),
            *("--request-timeout", "30"),
            *("--generation-database", "none"),
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "names", "PYTHONPATH": str(tmp_path)},
    )
    assert found.returncode == 0, "\n".join(line[:500] for line in found.stdout.splitlines())


def test_the_description_is_json_with_an_example_of_every_form() -> None:
    text = json.dumps(description(Limits(rows=7)), allow_nan=False)
    assert '"maxItems": 7' in text


def test_the_unit_allows_more_files_than_a_worker_takes_connections() -> None:
    unit = (PAGE.parents[1] / "deploy" / "sseml.service").read_text(encoding="utf-8")
    [limit] = re.findall(r"^LimitNOFILE=(\d+)$", unit, re.MULTILINE)
    [most] = re.findall(r"at most (\d+); the limit", PAGE.read_text(encoding="utf-8"))
    assert int(limit) >= 2 * int(most) - 1
