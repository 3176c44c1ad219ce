# The programs of the node and their flags.
spawn() { # NAME COMMAND…: detached, inside the namespaces, with a log of its own and its pid as seen inside
  local n=$1; shift
  ns setsid --fork bash -c 'n=$1; shift; for c in /sys/fs/cgroup/*/'$NAME'; do echo 0 >"$c/cgroup.procs"; done
    echo $$ >"$state/pids/$n"; exec "$@" >>"$state/logs/$n.log" 2>&1 </dev/null' _ "$n" "$@"
}
alive() { [ -s "$state/pids/$1" ] && ns kill -0 "$(cat "$state/pids/$1")" 2>/dev/null; }

start_component() {
  local p=$state/pki a=127.0.0.1:$API_PORT
  case $1 in
  etcd) spawn etcd "$bin/etcd" --name=default --data-dir=/var/lib/etcd --unsafe-no-fsync \
      --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
      --listen-peer-urls=http://127.0.0.1:2380 --initial-advertise-peer-urls=http://127.0.0.1:2380 \
      --initial-cluster=default=http://127.0.0.1:2380 --quota-backend-bytes=4294967296 \
      --auto-compaction-mode=periodic --auto-compaction-retention=5m --snapshot-count=10000 --log-level=warn ;;
  containerd) spawn containerd "$bin/containerd" --config "$state/etc/containerd.toml" --log-level warn ;;
  apiserver) spawn apiserver "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 \
      --bind-address=0.0.0.0 --secure-port="$API_PORT" --advertise-address=$NODE_IP --service-cluster-ip-range=$SVC_CIDR \
      --tls-cert-file="$p/apiserver.crt" --tls-private-key-file="$p/apiserver.key" --client-ca-file="$p/ca.crt" \
      --kubelet-certificate-authority="$p/ca.crt" --kubelet-client-certificate="$p/kubelet-client.crt" \
      --kubelet-client-key="$p/kubelet-client.key" --kubelet-preferred-address-types=InternalIP \
      --service-account-issuer=https://kubernetes.default.svc.cluster.local --service-account-key-file="$p/sa.pub" \
      --service-account-signing-key-file="$p/sa.key" --authorization-mode=Node,RBAC \
      --enable-admission-plugins=NodeRestriction --allow-privileged=true \
      --requestheader-client-ca-file="$p/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
      --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group \
      --requestheader-username-headers=X-Remote-User --proxy-client-cert-file="$p/front-proxy-client.crt" \
      --proxy-client-key-file="$p/front-proxy-client.key" --profiling=false \
      --max-requests-inflight=800 --max-mutating-requests-inflight=400 --shutdown-delay-duration=0s \
      --audit-policy-file="$state/etc/audit.yaml" --audit-log-path="$state/audit.jsonl" ${APISERVER_ARGS:-} ;;
  controller-manager) spawn controller-manager "$bin/kube-controller-manager" --kubeconfig="$state/controller-manager.kubeconfig" \
      --authentication-kubeconfig="$state/controller-manager.kubeconfig" --authorization-kubeconfig="$state/controller-manager.kubeconfig" \
      --bind-address=127.0.0.1 --leader-elect=false --use-service-account-credentials=true \
      --service-account-private-key-file="$p/sa.key" --root-ca-file="$p/ca.crt" --cluster-signing-cert-file="$p/ca.crt" \
      --cluster-signing-key-file="$p/ca.key" --client-ca-file="$p/ca.crt" --requestheader-client-ca-file="$p/front-proxy-ca.crt" \
      --allocate-node-cidrs=false --flex-volume-plugin-dir=/var/lib/kubelet/volumeplugins --cluster-cidr=$POD_CIDR --kube-api-qps=500 --kube-api-burst=1000 \
      --horizontal-pod-autoscaler-sync-period=2s --node-monitor-grace-period=${NODE_GRACE:-40s} --terminated-pod-gc-threshold=200 --profiling=false ;;
  scheduler) spawn scheduler "$bin/kube-scheduler" --kubeconfig="$state/scheduler.kubeconfig" \
      --authentication-kubeconfig="$state/scheduler.kubeconfig" --authorization-kubeconfig="$state/scheduler.kubeconfig" \
      --bind-address=127.0.0.1 --leader-elect=false --kube-api-qps=500 --kube-api-burst=1000 --profiling=false ;;
  kubelet) spawn kubelet "$bin/kubelet" --config="$state/etc/kubelet.yaml" --kubeconfig="$state/kubelet.kubeconfig" \
      --hostname-override=$NODE --node-ip=$NODE_IP --root-dir=/var/lib/kubelet ;;
  proxy) spawn proxy "$bin/kube-proxy" --config="$state/etc/kube-proxy.yaml" ;;
  coredns) spawn coredns "$bin/coredns" -quiet -conf "$state/etc/Corefile" ;;
  *) log "unknown component $1"; return 2 ;;
  esac
}
stop_component() {
  local pid t; alive "$1" || return 0; pid=$(cat "$state/pids/$1")
  ns kill -TERM "$pid"; t=$(( $(date +%s) + 10 ))
  while ns kill -0 "$pid" 2>/dev/null; do [ "$(date +%s)" -lt $t ] || { ns kill -KILL "$pid" || :; break; }; sleep 0.1; done
  rm -f "$state/pids/$1"
}
