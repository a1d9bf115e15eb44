// delta/clustering.h: the columns that a table is clustered by (CLUSTER BY, liquid clustering).
//
// Specification: PROTOCOL.md, "Clustered Table" and "Writer Requirements for Clustered Table": they stand by physical name
// in the domain metadata "delta.clustering"; files that a clustering wrote carry its name as clusteringProvider.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delta/snapshot.h"

namespace tarn::delta {

inline constexpr char kClusteringDomain[] = "delta.clustering";
inline constexpr char kClusteringProvider[] = "liquid";

using ColumnPath = std::vector<std::string>;

// In the schema's own names: {"id"}, {"address", "city"}. nullopt: the table is not clustered. Empty: CLUSTER BY NONE.
// Errors: kCorrupt [DELTA_CORRUPT_LOG] for a domain that is no such list or names a column that is not there.
Result<std::optional<std::vector<ColumnPath>>> ClusteringColumns(const Snapshot &snapshot);

// The domain for `columns`, which are paths of `schema`.
// Errors: kInvalidInput [UNRESOLVED_COLUMN.WITHOUT_SUGGESTION].
Result<DomainMetadata> ClusteringDomain(const DataType &schema, const std::vector<ColumnPath> &columns);

}  // namespace tarn::delta
