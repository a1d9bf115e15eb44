// engine/internal/secret_functions.h: secret('scope', 'key') in SQL.
//
// The text that DuckDB gets holds the names, tarn_secret('scope', 'key'); the value comes into being while rows are
// computed, so that no plan shows it. tarn_try_secret gives NULL where the other fails.
#pragma once

#include "engine/internal/duckdb_headers.h"
#include "secrets/secret_store.h"

namespace tarn::engine {

// `store` is borrowed and must outlive the database.
void RegisterSecretFunctions(duckdb::DatabaseInstance &db, secrets::SecretStore &store);

// list_secrets() as a FROM item: scope, key.
Result<std::string> ListOfSecrets(secrets::SecretStore &store);

}  // namespace tarn::engine
