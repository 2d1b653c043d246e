# The two commands of a new user: `make run` and `make test`.

PORT ?= 8700
DATA ?= data/sandbox

.PHONY: run test format screenshots clean

run: .venv/sandbox
	@.venv/bin/ringback sandbox --port $(PORT) --data $(DATA)

test: .venv/dev
	@sh .ci/programs
	@.venv/bin/python -m tests.suites

format: .venv/dev
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

screenshots: .venv/dev
	@.venv/bin/python -m tests.e2e.screenshots

clean:
	rm -rf .venv .artifacts .mypy_cache .ruff_cache

.venv/sandbox: pyproject.toml requirements.txt
	@sh .ci/venv sandbox

.venv/dev: pyproject.toml requirements.txt
	@sh .ci/venv dev
