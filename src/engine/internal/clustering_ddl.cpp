#include "engine/internal/clustering_ddl.h"

#include <algorithm>
#include <cctype>

#include "delta/schema.h"
#include "delta/stats.h"
#include "sql/parser.h"

namespace tarn::engine {
namespace {

constexpr size_t kMostColumns = 4;

std::unexpected<Error> InvalidClustering(std::string_view condition, std::string message) {
    return Fail(ErrorKind::kInvalidInput, condition, std::move(message));
}

// Columns of other types have no smallest and largest value.
}  // namespace

std::string QuotedIfNeeded(const std::string &name) {
    bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                 std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    return plain ? name : sql::QuoteName(name);
}

bool AsksForClustering(const sql::TableSpec &spec) { return !spec.cluster_by.empty() || spec.cluster_by_auto || spec.cluster_by_none; }

Result<delta::DomainMetadata> ClusteringOf(const delta::Metadata &metadata, const std::vector<sql::Name> &columns) {
    if (!columns.empty() && !metadata.partition_columns.empty()) {
        return InvalidClustering("DELTA_CLUSTER_BY_WITH_PARTITIONED_BY",
                       "Clustering and partitioning cannot both be specified. Please remove PARTITIONED BY if you want to create a Delta table with clustering.");
    }
    if (columns.size() > kMostColumns) {
        return InvalidClustering("DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS", "CLUSTER BY supports up to " + std::to_string(kMostColumns) + " clustering columns, but the table has " +
                                                                   std::to_string(columns.size()) + " clustering columns. Please remove the extra clustering columns.");
    }
    std::vector<delta::ColumnPath> paths;
    for (const sql::Name &column : columns) {
        const DataType *type = &metadata.schema;
        delta::ColumnPath path;
        for (const std::string &part : column.parts) {
            const Field *field = type->FindField(part);
            if (!field) {
                Error error = MakeError(ErrorKind::kInvalidInput, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
                                        "A column with name " + column.ToString() + " cannot be resolved: the table cannot be clustered by it.");
                error.position = column.position;
                return Fail(std::move(error));
            }
            path.push_back(field->name);
            type = &field->type;
        }
        if (!delta::HasBounds(type->kind)) {
            return InvalidClustering("DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED", "CLUSTER BY is not supported because the following column(s): " + column.ToString() + " : " +
                                                                                  type->ToSql() + " don't support data skipping.");
        }
        if (!delta::HasStats(metadata, path)) {
            return InvalidClustering("DELTA_CLUSTERING_COLUMN_MISSING_STATS", "Clustering requires clustering columns to have stats. Couldn't find clustering column(s) '" +
                                                                        column.ToString() + "' among those that delta.dataSkippingNumIndexedCols or delta.dataSkippingStatsColumns give statistics.");
        }
        if (std::ranges::find(paths, path) != paths.end()) return InvalidClustering("COLUMN_ALREADY_EXISTS", "The clustering column " + column.ToString() + " is named twice.");
        paths.push_back(std::move(path));
    }
    return delta::ClusteringDomain(metadata.schema, paths);
}

int64_t DayNow() { return delta::NowMs() / 86'400'000; }

std::vector<sql::Name> ChosenColumns(const delta::Metadata &metadata, const std::vector<std::pair<std::string, int64_t>> &uses) {
    constexpr int64_t kFewestUses = 3;
    std::vector<sql::Name> chosen;
    int64_t most = 0;
    for (const auto &[column, count] : uses) {
        sql::Name name{{column}, {}};
        if (chosen.size() == kMostColumns || count < kFewestUses || count * 4 < most) break;
        if (!ClusteringOf(metadata, {name})) continue;
        most = std::max(most, count);
        chosen.push_back(std::move(name));
    }
    return chosen;
}

Result<std::optional<delta::DomainMetadata>> ClusteringForCreate(const delta::Metadata &metadata, const sql::TableSpec &spec, const delta::Snapshot *before) {
    if (AsksForClustering(spec)) {
        TARN_TRY(delta::DomainMetadata domain, ClusteringOf(metadata, spec.cluster_by));
        return domain;
    }
    if (!before || !before->domains.contains(delta::kClusteringDomain)) return std::nullopt;
    delta::DomainMetadata gone = before->domains.at(delta::kClusteringDomain);
    gone.removed = true;
    return gone;
}

Result<std::vector<std::string>> ClusteringColumnNames(const delta::Snapshot &snapshot) {
    TARN_TRY(auto columns, delta::ClusteringColumns(snapshot));
    std::vector<std::string> names;
    for (const delta::ColumnPath &path : columns.value_or(std::vector<delta::ColumnPath>())) {
        std::string name;
        for (const std::string &part : path) name += (name.empty() ? "" : ".") + QuotedIfNeeded(part);
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace tarn::engine
