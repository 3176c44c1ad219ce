# Certificates and kubeconfigs: two authorities, a certificate for each component, the key of service accounts. Made once, kept until `down --purge`.
certificates() {
  local d=$state/pki; [ -s "$d/done" ] && return; rm -rf "$d"; mkdir -p "$d"; chmod 700 "$d"
  key() { openssl ecparam -name prime256v1 -genkey -noout -out "$d/$1.key" 2>/dev/null; }
  ca() { key "$1"; openssl req -x509 -new -key "$d/$1.key" -subj "/CN=$1" -days 3650 -out "$d/$1.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign; }
  crt() { # FILE CA SUBJECT [SAN]
    key "$1"
    openssl req -new -key "$d/$1.key" -subj "$3" | openssl x509 -req -CA "$d/$2.crt" -CAkey "$d/$2.key" -days 3650 \
      -set_serial "0x$(openssl rand -hex 8)" -out "$d/$1.crt" -extfile <(
        echo 'keyUsage=critical,digitalSignature'; echo 'extendedKeyUsage=serverAuth,clientAuth'
        [ -z "${4:-}" ] || echo "subjectAltName=$4") 2>/dev/null
  }
  ca ca; ca front-proxy-ca
  crt apiserver ca /CN=kube-apiserver "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:$NODE_IP,IP:$API_SVC_IP"
  crt kubelet-client ca /O=system:masters/CN=kube-apiserver-kubelet-client
  crt front-proxy-client front-proxy-ca /CN=front-proxy-client
  crt kubelet ca "/O=system:nodes/CN=system:node:$NODE" "DNS:$NODE,IP:$NODE_IP,IP:127.0.0.1"
  crt admin ca /O=system:masters/CN=admin
  crt controller-manager ca /CN=system:kube-controller-manager
  crt scheduler ca /CN=system:kube-scheduler
  crt proxy ca /CN=system:kube-proxy
  crt coredns ca /CN=system:coredns
  key sa; openssl ec -in "$d/sa.key" -pubout -out "$d/sa.pub" 2>/dev/null
  local c; for c in admin kubelet controller-manager scheduler proxy coredns; do
    cat >"$state/$c.kubeconfig" <<Y
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:$API_PORT", certificate-authority-data: $(base64 -w0 "$d/ca.crt")}}]
users: [{name: u, user: {client-certificate-data: $(base64 -w0 "$d/$c.crt"), client-key-data: $(base64 -w0 "$d/$c.key")}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
Y
    chmod 600 "$state/$c.kubeconfig"
  done
  echo ok >"$d/done"
}
