"""Time hand-written JAX: `jax_worker.py ISA MODEL DATA.npz EPOCHS`; ISA `_` is the best there is.

Each line of standard input starts a training and prints its seconds per epoch. Network, Adam,
batches and validation are the same; an epoch is one jitted `lax.scan`.
"""

import os
import sys
import time

if sys.argv[1] != "_":  # before JAX is imported
    os.environ["XLA_FLAGS"] = f"--xla_cpu_max_isa={sys.argv[1]}"

import jax
import jax.numpy as jnp
import numpy as np

BATCH = 32


def predict(p, mask, x):
    """Apply the 10-128-1 network; a mask of ones prunes nothing."""
    hidden = jax.nn.relu(x @ (p["w1"] * mask["w1"]) + p["b1"])
    return jax.nn.relu(hidden @ (p["w2"] * mask["w2"]) + p["b2"])


def loss(p, mask, x, y):
    """Return the mean squared error."""
    return jnp.mean((predict(p, mask, x) - y) ** 2)


def step(state, mask, x, y):
    """Take one step of Adam with Keras's defaults."""
    p, m, v, count, mask = *state, mask
    value, grad = jax.value_and_grad(loss)(p, mask, x, y)
    count += 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grad)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grad)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    p = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), p, m, v)
    return (p, m, v, count), value


def half(weights):
    """Return a mask of the larger half of the weights."""
    size = jnp.abs(weights)
    return (size >= jnp.sort(size.ravel())[size.size // 2]).astype(weights.dtype)


def make_epoch(pruned):
    """Return an epoch as one program, with the smaller last batch and the validation.

    Pruning renews the masks, at half sparsity, every 100 steps.
    """

    def train(carry, rows, data):
        state, mask = carry
        if pruned:
            now = (state[3] + 1) % 100 == 0
            mask = jax.lax.cond(now, lambda: {k: half(state[0][k]) for k in mask}, lambda: mask)
        state, value = step(state, mask, data[0][rows], data[1][rows])
        return (state, mask), value

    @jax.jit
    def epoch(carry, order, data, validation):
        full = len(order) // BATCH * BATCH
        carry, values = jax.lax.scan(
            lambda c, rows: train(c, rows, data), carry, order[:full].reshape(-1, BATCH)
        )
        if len(order) > full:
            carry, _ = train(carry, order[full:], data)
        return carry, values.mean(), loss(carry[0][0], carry[1], *validation)

    return epoch


def main(_isa, kind, path, epochs):
    """Time one training for each line of standard input."""
    arrays = np.load(path)
    data = jnp.asarray(arrays["x"]), jnp.asarray(arrays["y"])
    validation = jnp.asarray(arrays["x_val"]), jnp.asarray(arrays["y_val"])
    epoch, rng = make_epoch(kind == "pruned"), np.random.default_rng(0)
    print("ready", flush=True)
    for _ in sys.stdin:
        p = {
            "w1": jnp.asarray(rng.normal(size=(10, 128)) / 8, jnp.float32), "b1": jnp.zeros(128),
            "w2": jnp.asarray(rng.normal(size=(128, 1)) / 8, jnp.float32), "b2": jnp.zeros(1),
        }  # fmt: skip
        zeros = jax.tree.map(jnp.zeros_like, p)
        mask = {"w1": jnp.ones((10, 128)), "w2": jnp.ones((128, 1))}
        carry, times = ((p, zeros, zeros, jnp.float32(0)), mask), []
        for _ in range(epochs):
            times.append(time.perf_counter())
            order = jnp.asarray(rng.permutation(len(data[0])).astype(np.int32))
            carry, training, validating = epoch(carry, order, data, validation)
            float(training), float(validating)
        print(f"seconds {(times[-1] - times[1]) / (epochs - 2)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
