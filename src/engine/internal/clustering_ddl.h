// engine/internal/clustering_ddl.h: CLUSTER BY in CREATE TABLE and ALTER TABLE.
//
// AUTO leaves the choice of columns to the engine: statements note in the metastore what they filter the table by, and the first
// OPTIMIZE that finds enough of it chooses (ChosenColumns). Until then it compacts. The mark clusterByAuto stays.
// Threads: pure functions.
#pragma once

#include <optional>

#include "delta/clustering.h"
#include "sql/statement.h"

namespace tarn::engine {

inline constexpr char kClusterByAuto[] = "clusterByAuto";

// Whether the clause asks for a clustered table, be it without columns.
bool AsksForClustering(const sql::TableSpec &spec);

// The domain that holds the clustering of a table of that metadata.
// Errors: DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS, DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED,
// DELTA_CLUSTERING_COLUMN_MISSING_STATS, DELTA_CLUSTER_BY_WITH_PARTITIONED_BY, UNRESOLVED_COLUMN.
Result<delta::DomainMetadata> ClusteringOf(const delta::Metadata &metadata, const std::vector<sql::Name> &columns);

// What CREATE [OR REPLACE] TABLE does to the domain: `before` is the table that is replaced, or nullptr. nullopt: nothing.
Result<std::optional<delta::DomainMetadata>> ClusteringForCreate(const delta::Metadata &metadata, const sql::TableSpec &spec,
                                                                 const delta::Snapshot *before);

// Today, in days since 1970, UTC.
int64_t DayNow();

// The columns that queries filtered by most in the last 30 days, at most four: each at least three times, and a quarter as often as the first.
// `uses`: the most used first. Columns that cannot cluster are passed over. Empty: too little is known.
std::vector<sql::Name> ChosenColumns(const delta::Metadata &metadata, const std::vector<std::pair<std::string, int64_t>> &uses);
inline constexpr int64_t kChoiceDays = 30;

// The name as Spark shows it: in backticks only where it is no plain word.
std::string QuotedIfNeeded(const std::string &name);
// ["a","s.b"] of a table, for people.
Result<std::vector<std::string>> ClusteringColumnNames(const delta::Snapshot &snapshot);

}  // namespace tarn::engine
