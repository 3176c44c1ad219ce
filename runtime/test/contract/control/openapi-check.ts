type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];
const places = ['path', 'query', 'header', 'cookie'];
const schemaTypes = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** What a JSON pointer inside of the document points to. */
const follow = (document: Json, reference: string): unknown =>
  reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, part) => (isObject(value) ? value[part] : undefined), document);

/** Every `$ref` must be of this document and lead somewhere; every `type` must be one that JSON Schema knows. */
const checkReferences = (document: Json, value: unknown, at: string, found: string[]): void => {
  if (Array.isArray(value))
    for (const [i, entry] of value.entries()) checkReferences(document, entry, `${at}/${i}`, found);
  if (!isObject(value)) return;
  const reference = value['$ref'];
  if (
    typeof reference === 'string' &&
    (!reference.startsWith('#/') || follow(document, reference) === undefined)
  )
    found.push(`${at}: ${reference} leads nowhere`);
  for (const [name, entry] of Object.entries(value)) checkReferences(document, entry, `${at}/${name}`, found);
};

const checkSchema = (schema: unknown, at: string, found: string[]): void => {
  if (!isObject(schema)) return void found.push(`${at}: no schema`);
  const { type, properties, items, required = [] } = schema;
  if (typeof type === 'string' && !schemaTypes.includes(type)) found.push(`${at}: type ${type}`);
  if (items !== undefined) checkSchema(items, `${at}/items`, found);
  const fields = isObject(properties) ? properties : {};
  for (const [name, field] of Object.entries(fields)) checkSchema(field, `${at}/${name}`, found);
  for (const name of required as readonly string[])
    if (properties !== undefined && !Object.hasOwn(fields, name))
      found.push(`${at}: requires unknown ${name}`);
  for (const list of ['anyOf', 'oneOf', 'allOf'])
    for (const [i, part] of ((schema[list] ?? []) as readonly unknown[]).entries())
      checkSchema(part, `${at}/${list}/${i}`, found);
};

const checkParameters = (path: string, operation: Json, at: string, found: string[]): void => {
  const parameters = (operation['parameters'] ?? []) as readonly Json[];
  const inPath = parameters.filter((parameter) => parameter['in'] === 'path').map(({ name }) => name);
  const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  if (inPath.join() !== wanted.join())
    found.push(`${at}: the path has ${wanted.join()}, the parameters ${inPath.join()}`);
  const names = parameters.map(({ name, in: place }) => `${String(place)} ${String(name)}`);
  if (new Set(names).size !== names.length) found.push(`${at}: a parameter twice`);
  for (const parameter of parameters) {
    if (!places.includes(String(parameter['in']))) found.push(`${at}: a parameter is nowhere`);
    if (parameter['in'] === 'path' && parameter['required'] !== true)
      found.push(`${at}: a part of the path may be absent`);
    checkSchema(parameter['schema'], `${at}/${String(parameter['name'])}`, found);
  }
};

const checkContent = (content: unknown, at: string, found: string[]): void => {
  if (!isObject(content)) return void found.push(`${at}: no content`);
  for (const [mediaType, media] of Object.entries(content)) {
    if (!/^[\w-]+\/[\w.+-]+$/.test(mediaType)) found.push(`${at}: media type ${mediaType}`);
    if (!isObject(media)) found.push(`${at}: no media object`);
    else if (media['schema'] !== undefined) checkSchema(media['schema'], `${at}/${mediaType}`, found);
  }
};

const checkOperation = (path: string, operation: Json, at: string, found: string[]): void => {
  checkParameters(path, operation, at, found);
  const { operationId, responses, requestBody } = operation;
  if (typeof operationId !== 'string' || !/^\w+$/.test(operationId)) found.push(`${at}: operationId`);
  if (isObject(requestBody)) checkContent(requestBody['content'], `${at}/body`, found);
  if (!isObject(responses) || Object.keys(responses).length === 0)
    return void found.push(`${at}: no responses`);
  for (const [status, response] of Object.entries(responses)) {
    if (!/^(?:default|[1-5]\d\d)$/.test(status)) found.push(`${at}: status ${status}`);
    if (!isObject(response) || typeof response['description'] !== 'string')
      found.push(`${at}/${status}: no description`);
    else if (response['content'] !== undefined) checkContent(response['content'], `${at}/${status}`, found);
  }
};

/** What is wrong with an OpenAPI 3.1 document, as far as the specification's rules are used here; empty = nothing. */
export const openApiProblems = (document: Json): readonly string[] => {
  const found: string[] = [];
  const { openapi, info, paths, components, security } = document;
  if (!/^3\.1\.\d+$/.test(String(openapi))) found.push(`openapi ${String(openapi)}`);
  if (!isObject(info) || typeof info['title'] !== 'string' || typeof info['version'] !== 'string')
    found.push('info without title and version');
  const identifiers: unknown[] = [];
  for (const [path, item] of Object.entries(isObject(paths) ? paths : {})) {
    if (!path.startsWith('/')) found.push(`${path}: does not begin with /`);
    for (const [method, operation] of Object.entries(item as Json)) {
      if (!methods.includes(method) || !isObject(operation)) {
        found.push(`${path}: ${method}`);
        continue;
      }
      identifiers.push(operation['operationId']);
      checkOperation(path, operation, `${method} ${path}`, found);
    }
  }
  if (new Set(identifiers).size !== identifiers.length) found.push('an operationId twice');
  const { schemas, securitySchemes } = (components ?? {}) as Readonly<Record<string, Json | undefined>>;
  for (const [name, schema] of Object.entries(schemas ?? {})) {
    if (!/^[\w.-]+$/.test(name)) found.push(`the component ${name}`);
    checkSchema(schema, name, found);
  }
  for (const name of ((security ?? []) as readonly Json[]).flatMap(Object.keys))
    if (securitySchemes?.[name] === undefined) found.push(`the security scheme ${name} is not there`);
  checkReferences(document, document, '#', found);
  return found;
};
