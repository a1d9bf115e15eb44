// What type widening leaves in a table's schema: RecordTypeChanges of schema.h.
#include "delta/internal/json_writer.h"
#include "delta/schema.h"

namespace tarn::delta {
namespace {

constexpr const char *kTypeChanges = "delta.typeChanges";

// The type's name in schema JSON; for types that are not nested.
std::string NameOf(const DataType &type) {
    std::string schema = SchemaToJson(DataType::Struct({{"x", type}}));
    constexpr std::string_view kKey = "\"name\":\"x\",\"type\":\"";
    size_t begin = schema.find(kKey) + kKey.size();
    return schema.substr(begin, schema.find('"', begin) - begin);
}

void Append(Field &field, const DataType &from, const DataType &to, const std::string &path) {
    std::string change;
    JsonWriter json(change);
    json.BeginObject().Field("toType", NameOf(to)).Field("fromType", NameOf(from));
    if (!path.empty()) json.Field("fieldPath", path);
    json.EndObject();
    std::string &list = field.metadata[kTypeChanges];
    if (list.size() > 2) list.insert(list.rfind(']'), "," + change);
    else list = "[" + change + "]";
}

// `field` is the nearest one; `path` leads from it into arrays and maps: "element.key".
void Record(Field &field, const DataType &before, DataType &after, const std::string &path) {
    auto within = [&](size_t i, const char *step) {
        Record(field, before.children[i], after.children[i], path.empty() ? step : path + "." + step);
    };
    if (before.kind == after.kind && after.kind == TypeKind::kStruct) return RecordTypeChanges(before, after);
    if (before.kind == after.kind && after.kind == TypeKind::kArray) return within(0, "element");
    if (before.kind == after.kind && after.kind == TypeKind::kMap) {
        within(0, "key");
        return within(1, "value");
    }
    if (CanWiden(before, after)) Append(field, before, after, path);
}

}  // namespace

void RecordTypeChanges(const DataType &before, DataType &after) {
    for (Field &field : after.fields) {
        const Field *old = before.FindField(field.name);
        if (old != nullptr) Record(field, old->type, field.type, "");
    }
}

}  // namespace tarn::delta
