# The two commands of a new user: `make run` and `make test`. `make soak MINUTES=60` (or HOURS=8) goes on for that long.

PORT ?= 8700
DATA ?= data/sandbox
MINUTES ?= 10
FIGURES ?= .artifacts/soak/figures.json

.PHONY: run test soak format screenshots clean

run: .venv/sandbox
	@.venv/bin/ringback sandbox --port $(PORT) --data $(DATA)

test: .venv/dev
	@sh .ci/programs
	@.venv/bin/python -m tests.suites

soak: .venv/dev
	@.venv/bin/python -m tests.soak --minutes $(if $(HOURS),$$((60 * $(HOURS))),$(MINUTES)) --into $(FIGURES)

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
