// storage/internal/aws_credentials.h: who we are, for S3.
//
// In this order, the first that answers: the environment (AWS_ACCESS_KEY_ID …), a web identity (AWS_ROLE_ARN and
// AWS_WEB_IDENTITY_TOKEN_FILE), the profile (keys, a role with a web identity or a source profile, credential_process), the
// container's service (AWS_CONTAINER_CREDENTIALS_*), the machine's service (IMDSv2).
// What expires is fetched anew five minutes before. No key, token or signed text ever enters an error or a log.
// Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "storage/internal/aws_config.h"
#include "storage/http.h"

namespace tarn::storage {

struct Credentials {
    std::string access_key;
    std::string secret_key;
    std::string session_token;
    int64_t expires_s = 0;  // Seconds since 1970; 0: never.
};

class CredentialChain {
public:
    CredentialChain(S3Config config, AwsProfiles profiles, AwsSources sources, HttpTransport transport);

    // Errors: UNAUTHORIZED_ACCESS when nobody has any, or what answered was wrong.
    Result<Credentials> Get();
    // S3 said that these are no longer good: the next Get asks anew.
    void Forget();

private:
    using Found = Result<std::optional<Credentials>>;
    Found Find();
    Found FromEnvironment();
    Found FromWebIdentity(const std::string &role, const std::string &token_file, const std::string &session);
    Found FromProfile(const std::string &name, int depth);
    Found FromSourceProfile(const AwsProfile &profile, const std::string &name, int depth);
    Found FromProcess(const std::string &command);
    Found FromContainer();
    Found FromInstance();
    Found AskSts(const std::string &body, const Credentials *signer);

    S3Config config_;
    AwsProfiles profiles_;
    AwsSources sources_;
    HttpTransport transport_;
    std::mutex mutex_;
    std::optional<Credentials> current_;
};

// The JSON of container and instance services and of credential_process. Errors: UNAUTHORIZED_ACCESS; `origin` names it.
Result<Credentials> ParseCredentialsJson(std::string_view json, const std::string &origin);

// For the query and body of a request: everything but unreserved characters is encoded.
std::string UriEncode(std::string_view text, bool keep_slash = false);

}  // namespace tarn::storage
