"""Train on a folder of pictures as Keras's guide does it: `python keras_pictures.py FOLDER`."""

import os
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"
import tensorflow as tf
import tf_keras as keras
from network.small import build_model

SIZE = (96, 96)


def main(folder: str) -> None:
    """Train for one epoch, evaluate and convert."""
    train, test = keras.utils.image_dataset_from_directory(
        folder, image_size=SIZE, batch_size=32, validation_split=0.2, subset="both", seed=0
    )
    model = build_model((*SIZE, 3), len(train.class_names))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train.prefetch(1), epochs=1, verbose=2)
    model.evaluate(test.prefetch(1), verbose=2)
    tf.lite.TFLiteConverter.from_keras_model(model).convert()


if __name__ == "__main__":
    main(sys.argv[1])
