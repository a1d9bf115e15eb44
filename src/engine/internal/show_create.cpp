#include "engine/internal/show_create.h"

#include <algorithm>
#include <map>

#include "delta/clustering.h"
#include "delta/schema.h"
#include "delta/table_properties.h"
#include "engine/internal/clustering_ddl.h"
#include "engine/internal/statements.h"
#include "engine/internal/write_rules.h"

namespace tarn::engine {
namespace {

// As Spark reads it: a backslash escapes.
std::string Literal(std::string_view value) {
    std::string text = "'";
    for (char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

std::string TypeText(const DataType &type) {
    switch (type.kind) {
        case TypeKind::kArray: return "ARRAY<" + TypeText(type.children[0]) + ">";
        case TypeKind::kMap: return "MAP<" + TypeText(type.children[0]) + ", " + TypeText(type.children[1]) + ">";
        case TypeKind::kStruct: {
            std::string fields;
            for (const Field &field : type.fields) {
                auto comment = delta::MetadataText(field, "comment");
                fields += (fields.empty() ? "" : ", ") + QuotedIfNeeded(field.name) + ": " + TypeText(field.type) + (field.nullable ? "" : " NOT NULL") +
                          (comment ? " COMMENT " + Literal(*comment) : "");
            }
            return "STRUCT<" + fields + ">";
        }
        default: return type.ToSql();
    }
}

std::string ColumnText(const Field &field) {
    auto spelled = delta::MetadataText(field, "__CHAR_VARCHAR_TYPE_STRING");
    std::string text = QuotedIfNeeded(field.name) + " " + (spelled ? ToUpper(*spelled) : TypeText(field.type));
    if (!field.nullable) text += " NOT NULL";
    if (auto value = delta::MetadataText(field, "CURRENT_DEFAULT")) text += " DEFAULT " + *value;
    if (auto value = delta::MetadataText(field, "delta.generationExpression")) text += " GENERATED ALWAYS AS (" + *value + ")";
    if (IsIdentity(field)) {
        text += std::string(" GENERATED ") + (AllowsExplicitIdentity(field) ? "BY DEFAULT" : "ALWAYS") + " AS IDENTITY (START WITH " +
                std::to_string(delta::MetadataInt(field, "delta.identity.start").value_or(1)) + " INCREMENT BY " +
                std::to_string(delta::MetadataInt(field, "delta.identity.step").value_or(1)) + ")";
    }
    return text;
}

std::string CommentText(const Field &field) {
    auto comment = delta::MetadataText(field, "comment");
    return comment ? " COMMENT " + Literal(*comment) : "";
}

// (a, s.b)
std::string NameList(const std::vector<delta::ColumnPath> &paths) {
    std::string text;
    for (const delta::ColumnPath &path : paths) {
        std::string name;
        for (const std::string &part : path) name += (name.empty() ? "" : ".") + QuotedIfNeeded(part);
        text += (text.empty() ? "" : ", ") + name;
    }
    return "(" + text + ")";
}

// Those that a user can give: what writers keep there themselves comes with the new table.
std::map<std::string, std::string> GivenProperties(const delta::Snapshot &snapshot) {
    std::map<std::string, std::string> properties;
    const delta::Metadata &metadata = snapshot.metadata;
    for (auto &[key, value] : metadata.configuration) {
        auto allowed = delta::CheckProperty(key, value);
        if (allowed && key != kClusterByAuto) properties[key] = value;
    }
    // New tables have them on unless told otherwise.
    if (!metadata.Property("delta.enableDeletionVectors")) properties["delta.enableDeletionVectors"] = "false";
    const delta::Protocol &protocol = snapshot.protocol;
    properties["delta.minReaderVersion"] = std::to_string(protocol.min_reader_version);
    properties["delta.minWriterVersion"] = std::to_string(protocol.min_writer_version);
    if (protocol.min_writer_version < 7) return properties;
    for (const std::string &feature : delta::FeaturesOf(protocol)) {
        delta::StringMap one = {{"delta.feature." + feature, "supported"}};
        if (feature == "clustering" || !delta::TakeProtocolProperties(one)) continue;  // CLUSTER BY says so; or not ours to give.
        properties["delta.feature." + feature] = "supported";
    }
    return properties;
}

std::string PropertiesText(const std::map<std::string, std::string> &properties) {
    std::string text;
    for (auto &[key, value] : properties) text += (text.empty() ? "TBLPROPERTIES (\n  " : ",\n  ") + Literal(key) + " = " + Literal(value);
    return text.empty() ? "" : text + ")\n";
}

std::string ViewStatement(const catalog::TableEntry &entry, const DataType &schema, std::string text) {
    for (size_t i = 0; i < schema.fields.size(); i++) {
        text += "  " + QuotedIfNeeded(schema.fields[i].name) + CommentText(schema.fields[i]) + (i + 1 < schema.fields.size() ? ",\n" : ")\n");
    }
    if (!entry.comment.empty()) text += "COMMENT " + Literal(entry.comment) + "\n";
    auto properties = entry.properties;
    std::erase_if(properties, [](auto &one) { return one.first.starts_with(kViewComment); });
    return text + PropertiesText(properties) + "AS " + entry.view_text + "\n";
}

}  // namespace

std::string CreateStatement(const catalog::TableEntry &entry, const DataType &schema, const delta::Snapshot *snapshot) {
    std::string text = std::string("CREATE ") + (entry.IsView() ? "VIEW " : "TABLE ") + QuotedIfNeeded(entry.name.catalog) + "." +
                       QuotedIfNeeded(entry.name.schema) + "." + QuotedIfNeeded(entry.name.table) + " (\n";
    if (entry.IsView()) return ViewStatement(entry, schema, std::move(text));
    for (size_t i = 0; i < schema.fields.size(); i++) {
        const Field &field = schema.fields[i];
        text += "  " + ColumnText(field) + CommentText(field) + (i + 1 < schema.fields.size() ? ",\n" : ")\n");
    }
    text += "USING delta\n";
    const delta::Metadata &metadata = snapshot->metadata;
    std::vector<delta::ColumnPath> partitions;
    for (const std::string &column : metadata.partition_columns) partitions.push_back({column});
    if (!partitions.empty()) text += "PARTITIONED BY " + NameList(partitions) + "\n";
    if (auto clustered = delta::ClusteringColumns(*snapshot); clustered && *clustered) {
        bool automatic = metadata.configuration.contains(kClusterByAuto);
        text += "CLUSTER BY " + (!(*clustered)->empty() ? NameList(**clustered) : automatic ? "AUTO" : "NONE") + "\n";
    }
    if (entry.kind == catalog::TableKind::kExternal) text += "LOCATION " + Literal(entry.location) + "\n";
    std::string comment = metadata.description.value_or(entry.comment);
    if (!comment.empty()) text += "COMMENT " + Literal(comment) + "\n";
    return text + PropertiesText(GivenProperties(*snapshot));
}

}  // namespace tarn::engine
