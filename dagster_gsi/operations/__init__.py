"""The spatial edits, in the order of the tables in every report. A new operation is one file and one line here."""

from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import View

OPERATIONS: dict[str, type[Operation]] = {
    operation.name: operation for operation in (Move, Place, Receptacle, Rotate, Scale, Remove, View)
}
