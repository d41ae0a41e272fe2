"""The baseline of `bench.accept`: a bare FastAPI endpoint that validates the same body and stores nothing."""

import sys

import uvicorn
from fastapi import FastAPI

from shared.contracts.declaration import Declaration

app = FastAPI()


@app.post("/declarations")
async def check(declaration: Declaration) -> dict[str, str]:
    """Return the reference of a valid declaration."""
    return {"reference": declaration.reference}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_config=None)
