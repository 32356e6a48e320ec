"""Flows and their versions, runs and their steps."""

from flows.models.flows import DraftEdit, Flow, FlowSecret, FlowVersion, PlacedConnection
from flows.models.runs import ENDED, Phase, Run, RunState, StepRun, Trigger
from flows.models.triggers import Firing, TriggerState

__all__ = [
    "ENDED",
    "DraftEdit",
    "Firing",
    "Flow",
    "FlowSecret",
    "FlowVersion",
    "Phase",
    "PlacedConnection",
    "Run",
    "RunState",
    "StepRun",
    "Trigger",
    "TriggerState",
]
