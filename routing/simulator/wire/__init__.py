"""The dialects that the simulated providers speak, server side: one module each, pure, behind `contract.Wire`."""
