// engine/internal/coordinator.h: the metastore as the catalog that decides on commits of its managed tables.
#pragma once

#include "catalog/catalog.h"
#include "delta/coordinator.h"

namespace tarn::engine {

// Threads: any. `catalog` is borrowed.
class MetastoreCoordinator final : public delta::CommitCoordinator {
public:
    explicit MetastoreCoordinator(catalog::Catalog &catalog) : catalog_(catalog) {}

    Result<std::optional<State>> Find(const std::string &table_root) override {
        TARN_TRY(std::optional<catalog::ManagedCommits> found, catalog_.FindManaged(table_root));
        if (!found) return std::optional<State>();
        State state{found->version, {}};
        for (const catalog::StagedCommit &commit : found->unpublished) state.unpublished.push_back({commit.version, commit.file});
        return std::optional(std::move(state));
    }
    Result<delta::CommitOutcome> Ratify(const std::string &table_root, const delta::RatifiedCommit &commit) override {
        TARN_TRY(bool ratified, catalog_.Ratify({{table_root, commit.version, commit.file}}));
        return ratified ? delta::CommitOutcome::kCommitted : delta::CommitOutcome::kVersionTaken;
    }
    Result<void> MarkPublished(const std::string &table_root, int64_t version) override {
        return catalog_.MarkPublished(table_root, version);
    }

private:
    catalog::Catalog &catalog_;
};

}  // namespace tarn::engine
