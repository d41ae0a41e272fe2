"""The bare endpoint that accept is measured against: FastAPI validates the same body and answers, nothing is kept."""

import sys

import uvicorn
from fastapi import FastAPI

from shared.contracts.declaration import Declaration

app = FastAPI()


@app.post("/declarations")
async def check(declaration: Declaration) -> dict[str, str]:
    """Answer that the body is well formed."""
    return {"reference": declaration.reference}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_config=None)
