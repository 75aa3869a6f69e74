#include "livekit/protobuf_json.h"

#include <limits>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>

#include "crypto/base64.h"

namespace ringback::livekit {
namespace {

namespace pb = google::protobuf;
using Json = nlohmann::ordered_json;

Json message_to_json(const pb::Message& message);

/// Durations, timestamps and the like have a JSON form of their own, which the library knows.
Json well_known_to_json(const pb::Message& message) {
  std::string text;
  if (!pb::util::MessageToJsonString(message, &text).ok()) return nullptr;
  return Json::parse(text, nullptr, false);
}

Json enum_to_json(const pb::FieldDescriptor& field, int number) {
  const pb::EnumValueDescriptor* value = field.enum_type()->FindValueByNumber(number);
  return value != nullptr ? Json(value->name()) : Json(number);
}

/// One value of a field; `index` is -1 for a field that is not repeated.
Json value_to_json(const pb::Message& message, const pb::FieldDescriptor& field, int index) {
  const pb::Reflection& r = *message.GetReflection();
  const auto* f = &field;
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return one ? r.GetInt32(message, f) : r.GetRepeatedInt32(message, f, index);
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return one ? r.GetUInt32(message, f) : r.GetRepeatedUInt32(message, f, index);
    // 64 bits do not fit a JavaScript number: strings.
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(one ? r.GetInt64(message, f) : r.GetRepeatedInt64(message, f, index));
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(one ? r.GetUInt64(message, f) : r.GetRepeatedUInt64(message, f, index));
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return one ? r.GetDouble(message, f) : r.GetRepeatedDouble(message, f, index);
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return one ? r.GetFloat(message, f) : r.GetRepeatedFloat(message, f, index);
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return one ? r.GetBool(message, f) : r.GetRepeatedBool(message, f, index);
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return enum_to_json(field,
                          one ? r.GetEnumValue(message, f) : r.GetRepeatedEnumValue(message, f, index));
    case pb::FieldDescriptor::CPPTYPE_STRING: {
      std::string value = one ? r.GetString(message, f) : r.GetRepeatedString(message, f, index);
      return field.type() == pb::FieldDescriptor::TYPE_BYTES ? crypto::base64_encode(value) : value;
    }
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return message_to_json(one ? r.GetMessage(message, f) : r.GetRepeatedMessage(message, f, index));
  }
  return nullptr;
}

Json map_to_json(const pb::Message& message, const pb::FieldDescriptor& field) {
  Json object = Json::object();
  const pb::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const pb::Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const Json key = value_to_json(entry, *field.message_type()->map_key(), -1);
    object[key.is_string() ? key.get<std::string>() : key.dump()] =
        value_to_json(entry, *field.message_type()->map_value(), -1);
  }
  return object;
}

Json message_to_json(const pb::Message& message) {
  const pb::Descriptor& type = *message.GetDescriptor();
  if (type.file()->package() == "google.protobuf") return well_known_to_json(message);
  const pb::Reflection& reflection = *message.GetReflection();
  Json object = Json::object();
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    if (field.is_map()) {
      object[field.name()] = map_to_json(message, field);
    } else if (field.is_repeated()) {
      Json array = Json::array();
      for (int k = 0; k < reflection.FieldSize(message, &field); ++k)
        array.push_back(value_to_json(message, field, k));
      object[field.name()] = std::move(array);
    } else if (field.has_presence() && !reflection.HasField(message, &field)) {
      // Members of a oneof (`optional` is one, too) are left out, plain sub-messages are null.
      if (field.containing_oneof() == nullptr) object[field.name()] = nullptr;
    } else {
      object[field.name()] = value_to_json(message, field, -1);
    }
  }
  return object;
}

/// The library prints a line for each malformed string of the network; refusing is enough.
void silence_library() {
  static const auto previous = pb::SetLogHandler(nullptr);
  static_cast<void>(previous);
}

}  // namespace

std::string write_json(const pb::Message& message, JsonDialect dialect) {
  if (dialect == JsonDialect::kServerApi)
    return message_to_json(message).dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string text;
  if (!pb::util::MessageToJsonString(message, &text).ok()) return "{}";
  return text;
}

bool read_json(std::string_view text, pb::Message* message) {
  silence_library();
  pb::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  return pb::util::JsonStringToMessage(pb::StringPiece(text.data(), text.size()), message, options).ok();
}

bool read_binary(std::string_view bytes, pb::Message* message) {
  silence_library();
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return false;
  return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::string write_binary(const pb::Message& message) {
  return message.SerializeAsString();
}

}  // namespace ringback::livekit
