#!/bin/sh
# Starts the four services, each when the one before it is ready, and keeps them running until it is told to stop.
# It takes the place of this shell, so that signals reach it: see src/doctown/services/supervisor.py for what it does.
set -eu
exec doctown serve --host "${DOCTOWN_HOST:-0.0.0.0}" "$@"
