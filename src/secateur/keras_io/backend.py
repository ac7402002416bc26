"""The one place that imports TensorFlow: Keras 2, the same bytes everywhere, quiet logs.

All settings here must precede the first `import tensorflow`.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from secateur.core.quiet import quiet_stderr
from secateur.keras_io import cache_sizes, exact, strided_gradients

PINNED = {
    # tfmot works with Keras 2 only.
    "TF_USE_LEGACY_KERAS": "1",
    # XLA's bytes depend on the instruction set, and its sums may depend on the number of
    # processors. Intel's processors have AVX2 since 2013, AMD's since 2015.
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2 --xla_cpu_multi_thread_eigen=false"
    # YNNPACK and XNNPACK choose their kernels by the processor, whatever the line above says. XLA
    # uses YNNPACK for products of matrices on some processors alone.
    " --xla_cpu_experimental_ynn_fusion_type= --xla_cpu_experimental_xnn_fusion_type=",
    # Operations that XLA does not compile must not depend on the processor either. Convolutions
    # are oneDNN's, on the same instruction set.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


@contextmanager
def fast_import() -> Iterator[None]:
    """Speed up imports: a third off TensorFlow, nine tenths off tfmot.

    It hides optional packages that we do not need, above all Keras 3. It pauses the garbage
    collector, because imports create only modules.
    """
    hidden = {name: sys.modules.get(name) for name in ("keras", "pandas", "PIL", "scipy")}
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        for name, module in hidden.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
        gc.freeze()  # modules stay: scanning them again costs a second at exit
        if was_enabled:
            gc.enable()


if sys.flags.optimize > 1:  # Keras edits its docstrings while it is imported
    sys.exit("error: PYTHONOPTIMIZE=2 (python -OO): Keras needs its docstrings; unset it, or use 1")
if "tensorflow" in sys.modules and any(os.environ.get(k) != v for k, v in PINNED.items()):
    raise ImportError("import secateur.keras_io.backend before tensorflow: it pins its settings")
os.environ.update(PINNED)

with quiet_stderr(), fast_import():
    import tensorflow as tf
    import tf_keras as keras

# A sum over several threads depends on how many there are. Processes use the other cores.
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
cache_sizes.pin(tf)
exact.make_exact(tf)
strided_gradients.make_safe(tf)
# A user's ~/.keras/keras.json changes these for every program.
keras.backend.set_floatx("float32")
keras.backend.set_epsilon(1e-7)
keras.backend.set_image_data_format("channels_last")
tf.get_logger().setLevel("ERROR")  # it warns whenever a model is saved without optimizer

__all__ = ["fast_import", "keras", "tf"]
