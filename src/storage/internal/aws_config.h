// storage/internal/aws_config.h: what the environment, a root's settings and the AWS profile files say, in that order.
//
// The names are those of AWS's own tools; AWS_VIRTUAL_HOSTED_STYLE_REQUEST, AWS_SKIP_SIGNATURE and AWS_ALLOW_HTTP's kind of
// endpoints are delta-rs's.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "storage/internal/retry.h"
#include "storage/s3_settings.h"

namespace tarn::storage {

// Where answers come from; tests give their own.
struct AwsSources {
    std::function<std::string(const char *)> env;  // "" when it is not set.
    std::function<std::optional<std::string>(const std::string &)> read_file;

    static AwsSources OfProcess();
};

using AwsProfile = std::map<std::string, std::string>;  // Keys in lower case; "s3.addressing_style" for nested ones.
using AwsProfiles = std::map<std::string, AwsProfile>;  // By name.

// `config`: sections are called "profile x", but for "default". Lines that are none of the format's are passed over.
void ParseProfiles(std::string_view text, bool config, AwsProfiles &profiles);
// Both files; what ~/.aws/credentials says wins.
AwsProfiles LoadProfiles(const AwsSources &sources);

struct S3Config {
    std::string endpoint;     // Without a slash at its end; empty: AWS.
    std::string sts_endpoint; // Empty: AWS, in the region.
    std::string region;
    std::string profile;
    std::string ca_bundle;    // A file; empty: the system's authorities.
    bool path_style = false;
    bool anonymous = false;
    int64_t stall_timeout_s = 30;
    RetryPolicy retry;
};

// Errors: INVALID_PARAMETER_VALUE for an endpoint that is no http:// or https:// address.
Result<S3Config> ResolveS3Config(const S3Settings &settings, const AwsSources &sources, const AwsProfiles &profiles);

}  // namespace tarn::storage
