"""Compares our protobuf declarations with the published ones.

Ours may leave out messages, fields and enum values. What they declare must exist in the reference with the same number,
type, label and oneof; otherwise we would write bytes that no client understands.
"""

import importlib
import pkgutil
import sys

import livekit.protocol
from google.protobuf import descriptor_pb2
from google.rpc import status_pb2  # registers google.rpc.Status in the default pool

CHECKED_PACKAGES = ("livekit", "google.rpc")
TYPES = descriptor_pb2.FieldDescriptorProto.Type


def messages_of(scope, prefix):
    """All messages below a file or message, with their full names."""
    nested = scope.message_type if isinstance(scope, descriptor_pb2.FileDescriptorProto) else scope.nested_type
    for message in nested:
        name = f"{prefix}.{message.name}"
        yield name, message
        yield from messages_of(message, name)


def enums_of(file):
    for enum in file.enum_type:
        yield f"{file.package}.{enum.name}", enum
    for name, message in messages_of(file, file.package):
        for enum in message.enum_type:
            yield f"{name}.{enum.name}", enum


def oneof_of(field, message):
    if field.proto3_optional:
        return "optional"
    return message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else None


def shape(field, message):
    return {
        "name": field.name,
        "type": TYPES.Name(field.type),
        "message": field.type_name,
        "repeated": field.label == descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
        "oneof": oneof_of(field, message),
        "json": field.json_name,
    }


def message_problems(ours, theirs):
    reference = {field.number: shape(field, theirs) for field in theirs.field}
    for field in ours.field:
        mine = shape(field, ours)
        if field.number not in reference:
            yield f"field {field.name} = {field.number} does not exist"
            continue
        other = reference[field.number]
        if not other["json"]:  # compilers leave the default out
            other["json"] = mine["json"]
        for key, value in mine.items():
            if value != other[key]:
                yield f"field {field.name} = {field.number}: {key} is {value!r}, published is {other[key]!r}"
    if ours.options.map_entry != theirs.options.map_entry:
        yield "only one of the two is a map entry"


def enum_problems(ours, theirs):
    reference = {value.name: value.number for value in theirs.value}
    for value in ours.value:
        if reference.get(value.name) != value.number:
            yield f"value {value.name} = {value.number}, published is {reference.get(value.name)}"


def reference_files():
    """The published files, by way of the pool that importing their modules fills."""
    for module in pkgutil.iter_modules(livekit.protocol.__path__):
        imported = importlib.import_module(f"livekit.protocol.{module.name}")
        if hasattr(imported, "DESCRIPTOR"):
            yield imported.DESCRIPTOR
    yield status_pb2.DESCRIPTOR


def main():
    ours = descriptor_pb2.FileDescriptorSet()
    with open(sys.argv[1], "rb") as file:
        ours.ParseFromString(file.read())

    published_messages, published_enums = {}, {}
    for descriptor in reference_files():
        file = descriptor_pb2.FileDescriptorProto()
        descriptor.CopyToProto(file)
        published_messages.update(messages_of(file, file.package))
        published_enums.update(enums_of(file))

    passed = failed = 0
    for file in ours.file:
        if file.package not in CHECKED_PACKAGES:
            continue
        pairs = [(name, message, published_messages.get(name), message_problems)
                 for name, message in messages_of(file, file.package)]
        pairs += [(name, enum, published_enums.get(name), enum_problems) for name, enum in enums_of(file)]
        for name, mine, theirs, compare in pairs:
            problems = ["is not published"] if theirs is None else list(compare(mine, theirs))
            for problem in problems:
                print(f"{file.name}: {name}: {problem}")
            failed += bool(problems)
            passed += not problems
    if passed == 0:
        print("nothing was compared")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
