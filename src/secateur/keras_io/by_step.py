"""Which networks run step by step, and not as one compiled program.

XLA compiles an epoch of a dense network into one program that is 50 times faster than Keras's
`fit`. On a processor it runs a convolution in a loop naively, 27 times slower than `fit`, and with
other last digits on one core than on two. oneDNN, held to one thread and one instruction set, runs
it fast and repeats. A wide dense network gains nothing from one program, whose loop moves all
weights and the optimizer's through memory at each step. The network decides, never the machine: a
result must not depend on it.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from secateur.keras_io.backend import keras, tf

# Convolutions of all kinds, and the loops and kernels that recurrent layers become.
OPERATIONS = ("Conv2D", "Conv3D", "DepthwiseConv2dNative", "Conv2DBackpropInput",
              "Conv3DBackpropInputV2", "While", "StatelessWhile")  # fmt: skip

# A dense network with as many takes less time by step, whatever the batch: with 1.05 million 1.7
# times as much, with 1.3 million 0.76 times (`benchmarks/dense_ways.md`).
MANY_WEIGHTS = 1_200_000


def runs_by_step(model: keras.Model) -> bool:
    """Return whether a model has a convolution or recurrence, in a layer of any kind, or is wide.

    Masks and other weights that are not trained do not count: a network and its pruned copies run
    alike.
    """
    if sum(weights.shape.num_elements() for weights in model.trainable_weights) >= MANY_WEIGHTS:
        return True
    return has_operations(traced(lambda x: model(x, training=False), model))


def traced(call: Callable[[tf.Tensor], Any], model: keras.Model, rows: int | None = None) -> Any:
    """Trace a function of a batch of the model's inputs, and run nothing; return TensorFlow's."""
    shape = tf.TensorSpec((rows, *model.input_shape[1:]))
    return tf.function(call, autograph=False).get_concrete_function(shape)


def has_operations(function: Any) -> bool:
    """Return whether a traced function, or one that it calls, has an operation of `OPERATIONS`."""
    return not {*OPERATIONS}.isdisjoint(_operations(function.graph.as_graph_def()))


def _operations(graph: Any) -> Iterator[str]:
    yield from (node.op for node in graph.node)
    for inner in graph.library.function:
        yield from (node.op for node in inner.node_def)


def multiply_adds(function: Any) -> int:
    """Return about how many multiply-adds a traced function takes; those in loops do not count."""
    found = 0
    for operation in function.graph.get_operations():
        if operation.type in ("Conv2D", "Conv3D", "DepthwiseConv2dNative", "MatMul"):
            output, kernel = operation.outputs[0].shape, operation.inputs[1].shape
            per_output = kernel[0] if operation.type == "MatMul" else math.prod(kernel[:-1])
            if operation.type == "DepthwiseConv2dNative":
                per_output = math.prod(kernel[:2])
            found += math.prod(output) * per_output
    return found
