"""The one place that imports TensorFlow: Keras 2, the same bytes everywhere, no noise.

Everything here has to happen before the first `import tensorflow`.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from secateur.core.quiet import quiet_stderr

PINNED = {
    # tfmot works with Keras 2 only.
    "TF_USE_LEGACY_KERAS": "1",
    # XLA gives other bytes for each instruction set and may split sums by the number of
    # processors; AVX2 is what Intel's processors since 2013 and AMD's since 2015 have.
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2 --xla_cpu_multi_thread_eigen=false",
    # What XLA does not compile must not depend on the processor either.
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


@contextmanager
def fast_import() -> Iterator[None]:
    """Import faster what tries many imports: a third off TensorFlow, nine tenths off tfmot.

    Packages that they would use if they found them, and that we do not need from them, are not
    found (Keras 3 above all); and garbage is not collected while nothing but modules is made.
    """
    hidden = {name: sys.modules.get(name) for name in ("keras", "pandas", "PIL", "scipy")}
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        for name, module in hidden.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
        gc.freeze()  # what was imported stays: looking through it again costs a second at exit
        if collecting:
            gc.enable()


if "tensorflow" in sys.modules and any(os.environ.get(k) != v for k, v in PINNED.items()):
    raise ImportError("import secateur.backend before tensorflow: it pins what makes bytes repeat")
os.environ.update(PINNED)

with quiet_stderr(), fast_import():
    import tensorflow as tf
    import tf_keras as keras

# A user's ~/.keras/keras.json sets these for every program.
keras.backend.set_floatx("float32")
keras.backend.set_epsilon(1e-7)
keras.backend.set_image_data_format("channels_last")
tf.get_logger().setLevel("ERROR")  # it warns at every saving of a model without optimizer

__all__ = ["fast_import", "keras", "tf"]
