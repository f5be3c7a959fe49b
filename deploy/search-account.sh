#!/usr/bin/env bash
# Makes the account by which the site searches: it may read and write the indices and aliases of the market and see
# whether the cluster is well. Run at each start of compose.yaml; running it again changes nothing but the password.
set -euo pipefail

server=${SERVER:-http://elasticsearch:9200}

put() {
    curl --silent --show-error --fail --output /dev/null --user "elastic:$ELASTIC_PASSWORD" \
        --header "Content-Type: application/json" --request PUT "$server/_security/$1" --data "$2"
}

put role/market '{
  "cluster": ["monitor"],
  "indices": [{
    "names": ["market", "market-*"],
    "privileges": ["read", "write", "create_index", "delete_index", "manage", "view_index_metadata", "monitor"]
  }]
}'
put user/market "{\"password\": \"$SEARCH_PASSWORD\", \"roles\": [\"market\"]}"
