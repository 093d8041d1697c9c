"""TorchScript in the open: its code, operation by operation, in a tree of modules like the one it was made of.

torch runs TorchScript out of sight of hooks. Where it has layers or loops that carry a state, it is translated here:
each of its modules becomes one whose outputs can be seen and replaced, and fused recurrent layers run cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from distill.loading.cells import FUSED, make_cells, run_fused, run_lstm_cell
from distill.loading.program import Block, Branch, Loop, Program, Scripted, Step, invoke, operation

_CELLS = frozenset({"aten::gru_cell", "aten::lstm_cell", "aten::rnn_relu_cell", "aten::rnn_tanh_cell"})
_CARRY = frozenset({*FUSED, *_CELLS, "prim::Loop"})
_NO_SCHEMA = "(no schema)"  # what torch says where a node has none


class _UntranslatedError(Exception):
    """TorchScript does something that is not translated."""


def unscripted(script: torch.jit.ScriptModule) -> nn.Module:
    """Give the same network in the open, or as it is where it carries no state, or does what is not translated.

    It is as in eval mode, whatever mode it was saved in.
    """
    if not any(node.kind() in _CARRY for node in _nodes(script.inlined_graph)):
        return script
    translation = _Translation()
    module = translation.module(script)
    try:
        translation.method(script, "forward")
    except (_UntranslatedError, RuntimeError):  # the latter from torch, of code that it does not take apart
        return script
    return module


class _Translation:
    """Translates the modules of one network, each once, and their methods as they are called."""

    def __init__(self) -> None:
        self.modules: dict[int, Scripted] = {}
        self.tensors: dict[Any, Any] = {}

    def module(self, script: Any) -> Scripted:
        """Make the module that stands for `script`, with its tensors and children, and no methods yet."""
        module = self.modules[id(script)] = Scripted()
        for name, tensor in script.named_parameters(recurse=False):
            module.register_parameter(name, self.tensor(nn.Parameter(tensor.detach(), requires_grad=False)))
        for name, tensor in script.named_buffers(recurse=False):
            module.register_buffer(name, self.tensor(tensor))
        for name, child in script.named_children():
            module.add_module(name, self.module(child))
        return module

    def tensor(self, tensor: Tensor) -> Any:
        """Give the first tensor met that shows the same memory in the same way."""
        return self.tensors.setdefault((tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride()), tensor)

    def method(self, script: Any, name: str) -> None:
        """Translate a method of a module, and those that it calls."""
        programs = self.modules[id(script)].programs
        if name not in programs:
            graph = script._c._get_method(name).graph
            own = next(graph.inputs()).debugName()
            programs[name] = _Function(self, self.modules[id(script)], {own: script}).program(graph)

    def value(self, value: Any) -> Any:
        """Give what stands for an attribute's value."""
        if isinstance(value, Tensor):
            return self.tensor(value)
        if isinstance(value, list | tuple):
            return type(value)(self.value(v) for v in value)
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise _UntranslatedError


class _Function:
    """Translates one graph of `owner`. scripts: the modules that some of its values are, by name."""

    def __init__(self, translation: _Translation, owner: Scripted, scripts: dict[str, Any]) -> None:
        self.translation, self.owner, self.scripts = translation, owner, scripts
        self.known: dict[str, Any] = {}

    def program(self, graph: Any) -> Program:
        """Translate the graph; its arguments are its inputs that are no modules."""
        return Program(self.known, self.block(graph))

    def block(self, block: Any) -> Block:
        """Translate a block, and those in it."""
        inputs = [name for name in _names(block.inputs()) if name not in self.scripts]
        steps = [step for node in block.nodes() for step in self.steps(node)]
        return Block(inputs, steps, _names(block.outputs()))

    def steps(self, node: Any) -> Iterator[Step | Branch | Loop]:
        """Yield what a node does when it runs: nothing where its value is known before."""
        kind, inputs, outputs = node.kind(), _names(node.inputs()), _names(node.outputs())
        match kind:
            case "prim::Constant":
                self.known[outputs[0]] = node.output().toIValue()
            case "prim::GetAttr":
                self.attribute(node.s("name"), inputs[0], outputs[0])
            case "prim::If":
                yield Branch(inputs, outputs, [self.block(b) for b in node.blocks()])
            case "prim::Loop":
                yield Loop(inputs, outputs, [self.block(b) for b in node.blocks()])
            case "prim::CallMethod":
                script, name = self.script(inputs[0]), node.s("name")
                self.translation.method(script, name)
                yield Step(invoke, inputs[1:], outputs, (self.translation.modules[id(script)], name))
            case "prim::CallFunction":
                function = _Function(self.translation, self.owner, {})
                yield Step(function.program(_inlined(node)).run, inputs[1:], outputs)
            case "aten::lstm_cell":
                yield Step(run_lstm_cell, inputs, outputs, (self.passing(),))
            case _ if kind in FUSED:
                yield Step(run_fused, inputs, outputs, (self.cells(node),))
            case _:
                found = operation(kind, "" if node.schema() == _NO_SCHEMA else node.schema())
                if found is None:
                    raise _UntranslatedError
                yield Step(found[0], inputs, outputs, keywords=found[1])

    def script(self, name: str) -> Any:
        """Give the module that a value is."""
        if name not in self.scripts:
            raise _UntranslatedError
        return self.scripts[name]

    def attribute(self, name: str, owner: str, output: str) -> None:
        """Note what an attribute holds."""
        script = self.script(owner)
        if (child := dict(script.named_children()).get(name)) is not None:
            self.scripts[output] = child
        else:
            self.known[output] = self.translation.value(name != "training" and script._c.getattr(name))

    def cells(self, node: Any) -> nn.ModuleList:
        """Give the owner the cells of a fused layer."""
        layers, bidirectional = (node.inputsAt(k).toIValue() for k in (4, 7))
        if layers is None or bidirectional is None or not node.schema().startswith(f"{node.kind()}.input"):
            raise _UntranslatedError
        name = next(n for n in ("cells", *(f"cells_{k}" for k in range(1, 99))) if not hasattr(self.owner, n))
        cells = make_cells(FUSED[node.kind()], layers, bidirectional)
        self.owner.add_module(name, cells)
        return cells

    def passing(self) -> Scripted:
        """Give the owner, with what the states of an LSTM cell leave through."""
        for name in ("hidden", "cell"):
            if not hasattr(self.owner, name):
                self.owner.add_module(name, nn.Identity())
        return self.owner


def _inlined(call: Any) -> Any:
    """Give the graph of a function that is called, with all that it calls put in its place."""
    graph: Any = torch._C.Graph()
    function, *arguments = call.inputs()
    names = {function.debugName(): graph.insertNode(graph.createClone(function.node(), lambda value: value)).output()}
    for argument in arguments:
        copy = graph.addInput()
        copy.setType(argument.type())
        names.setdefault(argument.debugName(), copy)
    for output in graph.insertNode(graph.createClone(call, lambda value: names[value.debugName()])).outputs():
        graph.registerOutput(output)
    torch._C._jit_pass_inline(graph)
    return graph


def _nodes(block: Any) -> Iterator[Any]:
    """Yield the nodes of a block, and of those in it."""
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from _nodes(inner)


def _names(values: Any) -> Sequence[str]:
    return [v.debugName() for v in values]
