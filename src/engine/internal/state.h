// engine/internal/state.h: what an Engine and a Session hold.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "catalog/catalog.h"
#include "engine/internal/atomic_block.h"
#include "engine/internal/delta_table.h"
#include "engine/internal/duckdb_headers.h"
#include "engine/internal/expectations.h"
#include "engine/internal/handles.h"
#include "engine/internal/held_query.h"
#include "engine/internal/kept_rows.h"
#include "engine/internal/identity.h"
#include "engine/internal/row_marks.h"
#include "engine/internal/scan_sources.h"
#include "engine/internal/turnstiles.h"
#include "sql/parameters.h"

namespace tarn::ai {
class Service;
}
namespace tarn::secrets {
class SecretStore;
}

namespace tarn::engine {

struct AiStatement;
using AiStatements = Handles<std::shared_ptr<AiStatement>>;

struct EngineState {
    std::filesystem::path root;  // Absolute.
    std::string warehouse;       // Canonical: a folder of the root, or s3://….
    ScanSources sources;         // These outlive the database, whose functions refer to them.
    ExpectationCounters expectations;
    FileTakers file_takers;
    FileGivers file_givers;
    RowMarkers markers;
    RowCounters counters;
    IdentityCounters identities;
    HeldQueries held_queries;
    RowKeepers row_keepers;
    std::unique_ptr<secrets::SecretStore> secrets;
    std::unique_ptr<ai::Service> ai;
    AiStatements ai_statements;
    std::unique_ptr<duckdb::DuckDB> db;
    std::unique_ptr<catalog::Catalog> catalog;
    std::unique_ptr<TableCache> tables;
    Turnstiles turnstiles;       // For statements that are run again.

    // Where a managed table of that name lies.
    std::string ManagedLocation(const catalog::TableName &name) const {
        return SchemaLocation(name.catalog, name.schema) + "/" + ToLower(name.table);
    }
    std::string SchemaLocation(const std::string &catalog, const std::string &schema) const {
        return warehouse + "/" + ToLower(catalog) + "/" + ToLower(schema);
    }
    // Also of the root's own folder, when the warehouse was moved since.
    bool IsInWarehouse(const std::string &location) const {
        return location.starts_with(warehouse + "/") || location.starts_with((root / "warehouse").string() + "/");
    }
};

struct TemporaryView {
    std::string text;
    std::string catalog, schema;  // That its names resolve against.
    std::vector<std::string> columns;
    std::shared_ptr<const HeldQuery> rows;  // Instead of a text.
};

struct SessionState {
    explicit SessionState(EngineState &engine) : engine(engine), connection(*engine.db) {}

    EngineState &engine;
    duckdb::Connection connection;
    std::string current_catalog = "main";
    std::string current_schema = "default";
    std::map<std::string, TemporaryView> temporary_views;  // By lower-case name.
    sql::Parameters parameters;
    std::map<std::string, std::string> settings;  // SET k = v
    std::string caller = "user";                  // In system.ai.usage.
    std::vector<std::string> notes;               // For whoever reads the results: see Session::TakeNotes.
    std::set<std::string, std::less<>> helpers;   // Macros (sql/functions.h) that the connection knows.

    std::string target;                           // The table that the running statement changes, by location.
    std::unique_ptr<AtomicBlock> atomic;          // While BEGIN ATOMIC … END runs.

    std::unique_ptr<FlowRunner> flows;
};

}  // namespace tarn::engine
