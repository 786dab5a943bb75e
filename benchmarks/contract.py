"""The contract that all servers of a comparison serve."""

from hub import shipped
from hub.api.schemas import load_contract

BASE = "/tmf-api/serviceProblemManagement/v5"
COLLECTION = f"{BASE}/serviceProblem"
CONTRACT = load_contract(shipped.openapi_dir() / "serviceProblem-v5.yaml")
