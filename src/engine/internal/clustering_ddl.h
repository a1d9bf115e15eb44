// engine/internal/clustering_ddl.h: CLUSTER BY in CREATE TABLE and ALTER TABLE.
//
// AUTO leaves the choice of columns to the engine. This one does not choose yet: the table has the feature and the mark
// clusterByAuto, and OPTIMIZE compacts it until columns are named.
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

// The name as Spark shows it: in backticks only where it is no plain word.
std::string QuotedIfNeeded(const std::string &name);
// ["a","s.b"] of a table, for people.
Result<std::vector<std::string>> ClusteringColumnNames(const delta::Snapshot &snapshot);

}  // namespace tarn::engine
