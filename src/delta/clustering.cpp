#include "delta/clustering.h"

#include <simdjson.h>

#include "delta/internal/json_writer.h"
#include "delta/internal/physical_field.h"

namespace tarn::delta {
namespace {

std::unexpected<Error> Corrupt(const Snapshot &snapshot, const std::string &what) {
    return Fail(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG",
                "The domain metadata delta.clustering of " + snapshot.table_root + " " + what + ".");
}

}  // namespace

Result<std::optional<std::vector<ColumnPath>>> ClusteringColumns(const Snapshot &snapshot) {
    auto domain = snapshot.domains.find(kClusteringDomain);
    if (domain == snapshot.domains.end()) return std::nullopt;
    simdjson::dom::parser parser;
    simdjson::padded_string json(domain->second.configuration);
    simdjson::dom::array list;
    if (parser.parse(json)["clusteringColumns"].get(list) != simdjson::SUCCESS) return Corrupt(snapshot, "lists no columns");
    std::vector<ColumnPath> columns;
    for (simdjson::dom::element item : list) {
        simdjson::dom::array parts;
        if (item.get(parts) != simdjson::SUCCESS) return Corrupt(snapshot, "holds what is no column");
        ColumnPath path;
        const DataType *type = &snapshot.metadata.schema;
        for (simdjson::dom::element part : parts) {
            std::string_view name;
            const Field *field = part.get(name) == simdjson::SUCCESS ? FieldByPhysicalName(*type, name) : nullptr;
            if (!field) return Corrupt(snapshot, "names the column " + std::string(name) + ", which is not there");
            path.push_back(field->name);
            type = &field->type;
        }
        columns.push_back(std::move(path));
    }
    return columns;
}

Result<DomainMetadata> ClusteringDomain(const DataType &schema, const std::vector<ColumnPath> &columns) {
    DomainMetadata domain;
    domain.domain = kClusteringDomain;
    JsonWriter writer(domain.configuration);
    writer.BeginObject().Key("clusteringColumns").BeginArray();
    for (const ColumnPath &path : columns) {
        writer.BeginArray();
        const DataType *type = &schema;
        for (const std::string &name : path) {
            const Field *field = type->FindField(name);
            if (!field) {
                return Fail(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
                            "A column with name `" + name + "` cannot be resolved: the table cannot be clustered by it.");
            }
            writer.Text(PhysicalName(*field));
            type = &field->type;
        }
        writer.EndArray();
    }
    writer.EndArray().Field("domainName", kClusteringDomain).EndObject();
    return domain;
}

}  // namespace tarn::delta
