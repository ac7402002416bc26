"""What a model file may name: Keras's and tfmot's own classes that bring no code.

Keras imports what a file names. The classes follow from the registries and one rule: nothing in
the file may hold code, name a module of anybody else, or have Keras read another file.
"""

import functools
import inspect
import re
from collections.abc import Iterator
from typing import Any

from secateur.keras_io.backend import keras

# Classes of Keras that break the rule: Lambda holds code, the others may read another file.
FORBIDDEN = {"Lambda", "DenseFeatures", "IntegerLookup", "StringLookup", "TextVectorization"}
# Of tfmot, by the names that stand in a file.
TFMOT = {"PruneLowMagnitude", "ConstantSparsity", "PolynomialDecay"}
# What Keras writes for an operation between two layers, as in `a + 0.5 * b`: the name of a public
# function of TensorFlow, which loading looks up and calls. TensorFlow also has functions that
# write files and run code, so only arithmetic is allowed.
OPERATIONS = {"TFOpLambda", "SlicingOpLambda"}
ARITHMETIC = {
    "__operators__.add", "__operators__.getitem", "cast", "clip_by_value", "concat", "expand_dims",
    "identity", "linalg.matmul", "ones_like", "pad", "repeat", "reshape", "reverse", "shape",
    "split", "squeeze", "stack", "strided_slice", "tile", "transpose", "unstack", "zeros_like",
    *(f"math.{name}" for name in (
        "abs", "add", "add_n", "ceil", "cos", "divide", "divide_no_nan", "erf", "exp", "floor",
        "l2_normalize", "log", "log1p", "maximum", "minimum", "multiply", "negative", "pow",
        "reciprocal", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum",
        "round", "rsqrt", "sigmoid", "sign", "sin", "softplus", "sqrt", "square",
        "squared_difference", "subtract", "tanh", "truediv",
    )),
    *(f"nn.{name}" for name in (
        "avg_pool", "elu", "gelu", "leaky_relu", "log_softmax", "max_pool", "relu", "relu6",
        "selu", "silu", "softmax", "softplus", "softsign",
    )),
    "compat.v1.nn.leaky_relu", "compat.v1.shape", "compat.v1.transpose",
}  # fmt: skip
CONTAINERS = {"__tuple__", "__numpy__", "__tensor__"}  # plain values, as Keras writes them
# Class names of earlier versions of Keras.
RENAMED = {
    "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
    "PolicyV1": "Policy",
}  # fmt: skip
MODULE = re.compile(r"(tf_keras|keras)(\.\w+)*")
TF_INITIALIZERS = "tensorflow.python.ops.init_ops_v2"  # equal to Keras's; EfficientNetV2 has them
TFMOT_MODULE = re.compile(r"tensorflow_model_optimization(\.\w+)*")


@functools.cache
def registries() -> dict[str, dict[str, type]]:
    """Return Keras's public classes by module and by the name that stands in a file."""
    kinds = {
        "keras.layers": keras.layers.Layer,
        "keras.layers.experimental": keras.layers.Layer,
        "keras.initializers": keras.initializers.Initializer,
        "keras.regularizers": keras.regularizers.Regularizer,
        "keras.constraints": keras.constraints.Constraint,
        "keras.mixed_precision": keras.mixed_precision.Policy,
    }
    found = {"keras": {"Sequential": keras.Sequential}}
    for module, base in kinds.items():
        space = functools.reduce(getattr, module.split(".")[1:], keras)
        own = (cls for _, cls in inspect.getmembers(space, inspect.isclass))
        found[module] = {
            cls.__name__: cls
            for cls in own
            if issubclass(cls, base) and cls.__name__ not in FORBIDDEN
        }
    found["keras.applications"] = _of_applications()
    return found


def _of_applications() -> dict[str, type]:
    """Return the layers that Keras's own applications define, by each name that a file uses."""
    from tf_keras.src.applications import convnext, inception_resnet_v2

    return {
        name: cls
        for module in (convnext, inception_resnet_v2)
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, keras.layers.Layer) and cls.__module__ == module.__name__
        for name in (cls.__name__, keras.saving.get_registered_name(cls))
    }


@functools.cache
def unregistered() -> dict[str, type]:
    """Return the public layers that Keras itself does not find when it loads an `.h5` file."""
    from tf_keras.src.layers import serialization

    homes = ("keras.applications", "keras.layers.experimental", "keras.layers")
    layers = {name: cls for home in homes for name, cls in registries()[home].items()}
    return {n: cls for n, cls in layers.items() if serialization.get_builtin_layer(n) is None}


@functools.cache
def classes() -> frozenset[str]:
    """Return the names of all classes that a file may name."""
    return frozenset({"Functional", *TFMOT}.union(*registries().values()))


def disallowed(config: Any) -> list[str]:
    """Return what else a model's config names: a Lambda, a user's class, a module, a function."""
    found: set[str] = set()
    for node in nodes(config):
        found.update(_of_class(node), _of_module(node))
    return sorted(found)


def _of_class(node: dict[str, Any]) -> Iterator[str]:
    if "class_name" not in node:
        return
    name, own = str(node["class_name"]), node.get("config")
    if name in OPERATIONS:
        function = str(own.get("function")) if isinstance(own, dict) else "?"
        if function not in ARITHMETIC:
            yield f"tf.{function}"
    elif name == "function":  # an activation; any other function is the user's
        builtin = node.get("module") == "builtins" and own in _activations()
        if not builtin:
            yield f"the function {own}"
    elif name == "Model":  # what files before TensorFlow 2.3 call Functional
        if not (isinstance(own, dict) and "layers" in own):
            yield name
    elif node["class_name"] not in (*classes(), *CONTAINERS, *RENAMED):
        yield name


def _of_module(node: dict[str, Any]) -> Iterator[str]:
    module, name = node.get("module"), node.get("class_name")
    if module not in (None, "None"):
        text = str(module)
        pattern = TFMOT_MODULE if name in TFMOT else MODULE
        known = (
            pattern.fullmatch(text)
            or (text == "builtins" and name == "function")
            or (text == TF_INITIALIZERS and name in registries()["keras.initializers"])
        )
        if not known:
            yield text
    registered = node.get("registered_name")
    known = (None, "None", name, *registries()["keras.applications"])
    if registered not in known and name != "function":
        yield str(registered)


@functools.cache
def _activations() -> frozenset[str]:
    return frozenset(name for name, _ in inspect.getmembers(keras.activations, inspect.isfunction))


def canonical(config: Any) -> Any:
    """Return an allowed config as this version of Keras reads it.

    Earlier versions called Functional `Model`, and named their own modules, which may be gone. A
    policy of mixed precision becomes float32: the weights are float32 in both, and TFLite files
    are made of float32 networks.
    """
    if isinstance(config, list):
        return [canonical(item) for item in config]
    if not isinstance(config, dict):
        return config
    name = config.get("class_name")
    if name == "function" and config.get("module") == "builtins":
        return config["config"]
    if name in ("Policy", "PolicyV1"):
        policy = (config.get("config") or {}).get("name", "")
        return "float32" if str(policy).startswith("mixed_") else canonical_dtype(policy)
    node = {key: canonical(value) for key, value in config.items()}
    if isinstance(node.get("dtype"), str):
        node["dtype"] = canonical_dtype(node["dtype"])
    if not isinstance(name, str):
        return node
    node["class_name"] = name = RENAMED.get(name, name)
    if name == "Model" and isinstance(node.get("config"), dict) and "layers" in node["config"]:
        node["class_name"] = name = "Functional"
        if "registered_name" in node:
            node["registered_name"] = name
    if node.get("module") == TF_INITIALIZERS:
        node["module"] = "keras.initializers"
    if MODULE.fullmatch(str(node.get("module"))):
        node["module"] = _module(name, node["module"])
    return node


def canonical_dtype(name: str) -> str:
    """Return `float32` for a policy of mixed precision, any other name unchanged."""
    return "float32" if name.startswith("mixed_") else name


def _module(name: str, given: str) -> str:
    """Return where this version of Keras has a class of its own."""
    if name == "Functional":
        return "tf_keras.src.engine.functional"
    if name in OPERATIONS:
        return "tf_keras.src.layers.core.tf_op_layer"
    homes = [module for module, own in registries().items() if name in own]
    # `Identity` is a layer and an initializer.
    return next((home for home in homes if home.rpartition(".")[2] in given), [*homes, given][0])


def uncompiled(config: Any) -> Any:
    """Return a model's config without what it and models in it were compiled with.

    Keras would instantiate the optimizer, losses and metrics of a nested model.
    """
    if isinstance(config, list):
        return [uncompiled(item) for item in config]
    if not isinstance(config, dict):
        return config
    compiled = "compile_config" if "class_name" in config else None
    return {key: uncompiled(value) for key, value in config.items() if key != compiled}


def subclassed(config: Any) -> str:
    """Return the class of a whole model that is of the user's own; empty for one of Keras's.

    It has no list of layers, or calls them in a way of its own.
    """
    name = config.get("class_name") if isinstance(config, dict) else None
    own = isinstance(name, str) and name not in ("Functional", "Sequential", "Model")
    return str(name) if own else ""


def not_subclassed(name: str, shape: str) -> str:
    """Return what to do in place of a subclassed model; `shape` names the shape of a row."""
    return (
        f"{name} is a subclassed model, and tfmot prunes only Sequential and Functional ones; "
        f"make one of its calls: x = tf_keras.layers.Input({shape}), then "
        "tf_keras.Model(x, model.call(x))"
    )


def names_class(config: Any, name: str) -> bool:
    """Whether a model's config names a class at any depth."""
    return any(node.get("class_name") == name for node in nodes(config))


def refusal(names: list[str]) -> str:
    """Return why a file is not loaded, and what its owner can do."""
    for name in names:
        if name in REMEDIES:
            return f"refused to load {name}: {REMEDIES[name]}"
    return (
        f"refused to load {', '.join(names)}: a file may name only Keras's own layers and "
        "arithmetic between them, because loading runs any other code that it names. If you trust "
        "its author, set model.safe_mode: false"
    )


_WORDS = (
    "it may read its words from another file; take it out of the model, and encode the column "
    "before"
)
_QUANTIZED = (
    "tfmot cannot prune layers of quantization-aware training; save the model as it was before "
    "quantize_apply"
)
REMEDIES = {
    **dict.fromkeys(FORBIDDEN - {"Lambda"}, _WORDS),
    "ClusterWeights": "the model was saved with the wrappers of weight clustering; call tfmot's "
    "strip_clustering and save it again",
    "QuantizeWrapperV2": _QUANTIZED,
    "QuantizeLayer": _QUANTIZED,
}


def nodes(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every JSON object at any depth."""
    if isinstance(config, dict):
        yield config
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from nodes(item)
