"""MXNet's side of the imports: an MLP and a CNN of the symbolic interface, ten training steps of each.

`python tests/importing/recording/mxnet_networks.py` (Python 3.8 with MXNet 1.9.1, NumPy below 1.24) writes the
-symbol.json and .params files of checkpoints, samples, outputs and losses to tests/golden/imports/.
"""

from pathlib import Path

import mxnet as mx  # pyright: ignore[reportMissingImports]
import numpy as np

GOLDEN = Path(__file__).parents[2] / "golden" / "imports"
STEPS, BATCH = 10, 8


def mlp():
    x = mx.sym.Variable("data")
    x = mx.sym.FullyConnected(x, num_hidden=12, name="fc1")
    x = mx.sym.Activation(x, act_type="relu", name="relu1")
    x = mx.sym.FullyConnected(x, num_hidden=5, name="fc2")
    return mx.sym.SoftmaxOutput(x, name="softmax")


def cnn():
    """Convolutions, pools and norms, a shortcut, and channels that are flattened."""
    x = mx.sym.Variable("data")
    x = mx.sym.Convolution(x, num_filter=6, kernel=(3, 3), pad=(1, 1), name="conv0")
    y = mx.sym.BatchNorm(x, fix_gamma=False, eps=2e-5, momentum=0.9, name="bn1")
    y = mx.sym.LeakyReLU(y, act_type="leaky", slope=0.1, name="leaky1")
    y = mx.sym.Convolution(y, num_filter=6, kernel=(3, 3), pad=(1, 1), num_group=6, no_bias=True, name="conv1")
    x = mx.sym.elemwise_add(x, y, name="plus")
    x = mx.sym.BatchNorm(x, name="bn2")
    x = mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool1")
    x = mx.sym.Dropout(x, p=0.0, name="drop")
    x = mx.sym.Flatten(x, name="flat")
    x = mx.sym.FullyConnected(x, num_hidden=8, name="fc1")
    x = mx.sym.Activation(x, act_type="tanh", name="tanh1")
    x = mx.sym.FullyConnected(x, num_hidden=3, name="fc2")
    return mx.sym.SoftmaxOutput(x, name="softmax")


NETWORKS = {"mlp": (mlp, (7,), 5), "cnn": (cnn, (2, 6, 8), 3)}


def record(name):
    make, shape, classes = NETWORKS[name]
    generator = np.random.RandomState(3)
    x = generator.normal(size=(STEPS * BATCH, *shape)).astype(np.float32)
    y = (np.arange(STEPS * BATCH) % classes).astype(np.float32)
    mx.random.seed(4)
    np.random.seed(4)
    module = mx.mod.Module(make(), context=mx.cpu())
    batches = mx.io.NDArrayIter(x, y, BATCH, label_name="softmax_label")
    module.bind(batches.provide_data, batches.provide_label)
    module.init_params(mx.init.Xavier())
    arguments, states = module.get_params()
    for held in (arguments, states):
        for key, array in held.items():
            if array.ndim == 1:
                low = 0.5 if key.endswith(("gamma", "var")) else -0.2
                held[key] = mx.nd.array(generator.uniform(low, low + 0.7, array.shape))
    module.set_params(arguments, states)
    module.save_checkpoint(str(GOLDEN / ("mxnet_" + name)), 7)
    outputs = module.predict(batches).asnumpy()
    module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.05, "momentum": 0.9})
    losses = []
    batches.reset()
    for batch in batches:
        module.forward(batch, is_train=True)
        chances = module.get_outputs()[0].asnumpy()
        labels = batch.label[0].asnumpy().astype(int)
        losses.append(float(-np.log(chances[np.arange(BATCH), labels]).mean()))
        module.backward()
        module.update()
    after = module.predict(batches).asnumpy()
    np.savez_compressed(
        GOLDEN / ("mxnet_" + name + ".npz"), x=x, y=y.astype(np.int64), outputs=outputs, losses=losses, after=after
    )


if __name__ == "__main__":
    for each in NETWORKS:
        record(each)
