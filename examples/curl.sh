#!/bin/sh
# Asks a gateway over HTTP with curl: its models, an answer as a whole, an answer as it comes, and what an error looks like.
# Run:   sh examples/curl.sh "Where is my order?"
# GATEWAY_URL (default http://127.0.0.1:8080), MODEL (default gpt-4o-mini) and CLIENT_KEY (default none) are read.
set -eu
url=${GATEWAY_URL:-http://127.0.0.1:8080}/v1
model=${MODEL:-gpt-4o-mini}
prompt=${1:-Hello}

ask() {
  # The key goes through a file descriptor: arguments are seen by everybody on the machine.
  printf 'header = "Authorization: Bearer %s"\n' "${CLIENT_KEY:-none}" |
    curl --silent --show-error --no-buffer --config - --header 'Content-Type: application/json' "$@"
}

# Quotes, backslashes and line ends of a prompt have to stay what they are in JSON.
json_text() {
  printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' | awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }'
}

messages="[{\"role\":\"user\",\"content\":\"$(json_text "$prompt")\"}]"

echo '== the models'
ask "$url/models"

echo; echo '== an answer as a whole'
ask "$url/chat/completions" --data "{\"model\":\"$model\",\"messages\":$messages}"

echo; echo '== the same as it comes'
ask "$url/chat/completions" --data "{\"model\":\"$model\",\"messages\":$messages,\"stream\":true}"

echo '== an error'
ask "$url/chat/completions" --data '{"model":1}'
echo
